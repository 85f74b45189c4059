//! A project's own `sql/` folder: it adds reports, replaces them, and is held to the same rules.

use crate::project::Project;

const HEADER: &str = "-- Customers, one row each.\n--\n-- grain    customer_id\n-- columns\n\
                      --   customer_id    text                         the customer\n\
                      --   customer_name  text?                        its name\n";

fn project() -> Project {
    Project::with(&[
        ("customer.csv", "id,name\nc2,Other\nc1,A1 Company\n"),
        (
            "invoice.csv",
            "id,status,total,credit_type_id,credit_type_name,customer_id,start_timestamp\n\
             i1,FINALIZED,0.000000000000000001,eur,EUR,c1,2024-03-01\ni2,VOID,-12345678901234567890.5,eur,EUR,c1,2024-03-01\n\
             i3,VOID,1000,eur,EUR,c2,2024-03-01\n",
        ),
    ])
}

#[test]
fn a_report_is_added_by_a_file_and_another_replaced_by_a_file_of_its_name() {
    let project = project();
    // The replaced report had parameters; a parameter of no report would be refused.
    project.write("pipeline.toml", "");
    let query = "select customer_id, customer_name from stg_egress__customers order by customer_id\n";
    project.write("sql/marts/customers_listed.sql", format!("{HEADER}{query}"));
    let totals = "-- Invoices, one row each.\n--\n-- grain    invoice_id\n-- columns\n\
                  --   invoice_id    text                         the invoice\n\
                  --   currency      text?                        of the amount\n\
                  --   total_amount  decimal(38, 18)? [currency]  after credits\n\
                  select invoice_id, currency, total_amount from stg_egress__invoices order by invoice_id\n";
    project.write("sql/marts/images_by_size.sql", totals);
    project.run(&["--report", "customers_listed,images_by_size"]).exits(0);
    assert_eq!(project.artifact("customers_listed"), "customer_id,customer_name\nc1,A1 Company\nc2,Other\n");
    let expected = "invoice_id,currency,total_amount\n\
                    i1,EUR,0.000000000000000001\ni2,EUR,-12345678901234567890.5\ni3,EUR,1000\n";
    assert_eq!(project.artifact("images_by_size"), expected, "decimals in plain notation, without zeros behind");

    project.write("sql/staging/stg_egress__customers.sql", {
        let built_in = include_str!("../../sql/staging/stg_egress__customers.sql");
        built_in.replace("name as customer_name", "upper(name) as customer_name")
    });
    project.run(&["--report", "customers_listed"]).exits(0);
    assert_eq!(project.artifact("customers_listed"), "customer_id,customer_name\nc1,A1 COMPANY\nc2,OTHER\n");
}

#[test]
fn a_check_of_the_project_s_own_blocks_or_warns() {
    let project = project();
    let query = "select customer_id from stg_egress__customers where customer_name = 'Other'\n";
    project.write(
        "sql/marts/customers_listed.sql",
        format!("{HEADER}select customer_id, customer_name from stg_egress__customers order by customer_id\n"),
    );
    project.write("sql/checks/no_other.sql", format!("-- Customers named Other.\n--\n-- severity warn\n{query}"));
    project.run(&["--report", "customers_listed"]).exits(0).says(&["no_other", "c2"]);
    project.write("sql/checks/no_other.sql", format!("-- Customers named Other.\n--\n-- severity block\n{query}"));
    project.run(&["--report", "customers_listed"]).exits(3).says(&["no_other", "c2"]);
}

#[test]
fn a_header_that_the_rows_break_blocks_the_report() {
    let project = project();
    for (grain, checks, query, part) in [
        ("currency", "", "select currency, total_amount from stg_egress__invoices", "grain"),
        (
            "currency, total_amount",
            "-- checks\n--   total_amount >= 0\n",
            "select currency, total_amount from stg_egress__invoices",
            "total_amount >= 0",
        ),
        (
            "currency, total_amount",
            "",
            "select nullif(currency, 'EUR') as currency, total_amount from stg_egress__invoices",
            "nulls",
        ),
    ] {
        let header = format!(
            "-- Amounts.\n--\n-- grain    {grain}\n-- columns\n--   currency      text                         of the amount\n\
             --   total_amount  decimal(38, 18)? [currency]  after credits\n{checks}"
        );
        project.write("sql/marts/amounts.sql", format!("{header}{query}\n"));
        project.run(&["--report", "amounts"]).exits(3).says(&["amounts", part]);
    }
    assert!(!project.path("artifacts").exists());
}

#[test]
fn a_file_that_is_not_as_it_must_be_is_a_usage_error_that_names_it() {
    let amounts = |query: &str| {
        format!(
            "-- Amounts.\n--\n-- grain    currency\n-- columns\n--   currency      text?                        of the amount\n\
             --   total_amount  decimal(38, 18)? [currency]  after credits\n{query}\n"
        )
    };
    let from = "from stg_egress__invoices";
    let project = project();
    for (text, part) in [
        (format!("{HEADER}select customer_id from stg_egress__customers"), "column 2"),
        (
            format!(
                "{HEADER}select customer_name as customer_id, customer_id as customer_name from stg_egress__customer"
            ),
            "stg_egress__customers",
        ),
        (
            format!("{HEADER}select id as customer_id, name as customer_name from current.customer"),
            "may not read current.customer",
        ),
        (format!("{HEADER}select customer_id, no_such as customer_name from stg_egress__customers"), "no_such"),
        (format!("{HEADER}selekt 1"), "mart"),
        (
            format!("{HEADER}select customer_id, customer_name from stg_egress__customers where customer_name = $who"),
            "who",
        ),
        ("select 1 as one".to_owned(), "title"),
        (amounts(&format!("select currency, sum(total_amount) as total_amount {from} group by currency")), "sum"),
        (amounts(&format!("select currency, avg(total_amount) as total_amount {from} group by currency")), "avg"),
        (amounts(&format!("select currency, total_amount * 2 as total_amount {from}")), "*"),
        (amounts(&format!("select currency, total_amount / 2 as total_amount {from}")), "/"),
        (
            amounts(&format!(
                "select currency, cast(cast(total_amount as double) as decimal(38, 18)) as total_amount {from}"
            )),
            "float",
        ),
        (
            amounts(&format!(
                "select currency, cast(round(total_amount, 2) as decimal(38, 18)) as total_amount {from} where now() > now()"
            )),
            "now",
        ),
        (
            "-- One.\n--\n-- grain one\n-- columns\n--   one  integer  one\ncreate table t as select 1 as one"
                .to_owned(),
            "mart",
        ),
    ] {
        project.write("sql/marts/mart.sql", &text);
        project.etl(&["check"]).exits(2).says(&["sql/marts/mart.sql", part]);
    }
    project.run(&[]).exits(2).says(&["sql/marts/mart.sql"]);
    assert!(!project.path("lake").exists() && !project.path("artifacts").exists());
}

#[test]
fn what_is_not_read_of_a_projects_sql_is_named_and_a_folder_that_is_nearly_a_layers_is_refused() {
    let project = project();
    project.write("sql/marts/customers_listed.sql", {
        format!("{HEADER}select customer_id, customer_name from stg_egress__customers order by customer_id\n")
    });
    let sound = project.etl(&["check"]).exits(0);
    assert!(!sound.stderr.contains("is not read"), "{}", sound.stderr);
    let query = "select 1 as one\n";
    for (file, named) in [
        (
            "sql/adhoc/mine.sql",
            "sql/adhoc is not read: models are in the folders staging, intermediate, marts and checks",
        ),
        ("sql/beside.sql", "sql/beside.sql is not read: models are in the folders"),
        ("sql/marts/2024/deep.sql", "sql/marts/2024 is not read"),
        ("sql/checks/LOUD.SQL", "sql/checks/LOUD.SQL is not read: a model's name ends in .sql"),
    ] {
        project.write(file, query);
        project.etl(&["check"]).exits(0).says(&["WARN", named]);
    }
    project.run(&["--stage", "normalize"]).exits(0).says(&["sql/adhoc is not read", "sql/beside.sql is not read"]);
    for (file, passed_over) in
        [("sql/marts/README.md", "README"), ("sql/notes.txt", "notes"), ("sql/.git/x.sql", ".git")]
    {
        project.write(file, query);
        let said = project.etl(&["check"]).exits(0).stderr;
        assert!(!said.contains(passed_over), "{said}");
    }
    for (near, meant) in
        [("mart", "marts"), ("stagings", "staging"), ("Checks", "checks"), ("intermedaite", "intermediate")]
    {
        project.write(&format!("sql/{near}/mine.sql"), query);
        let said = [&*format!("sql/{near} is no folder of models"), &format!("did you mean sql/{meant}?")];
        project.etl(&["check"]).exits(2).says(&said);
        project.run(&[]).exits(2).says(&said);
        std::fs::remove_dir_all(project.path(&format!("sql/{near}"))).unwrap();
    }
}
