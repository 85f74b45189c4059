//! The customer summary of an export small enough to be worked out by hand.

use crate::project::Project;

const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";

/// A row of a CSV file, every field in quotes that needs them.
fn line(fields: &[&str]) -> String {
    let quoted = |field: &&str| match field.contains(['"', ',']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => (*field).to_owned(),
    };
    fields.iter().map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// One customer with dollars, euros, a custom unit and units of a product; one with a draft that was not computed; one
/// that was archived and has nothing.
fn account() -> Project {
    let project = Project::new();
    project.deliver(
        "customer.csv",
        "id,environment_type,name,ingest_aliases,billing_provider_type,billing_provider_customer_id,archived_at\n\
         c1,PRODUCTION,Many,\"[\"\"b\"\", \"\"a;1\"\"]\",stripe,cus_1,\n\
         c2,PRODUCTION,Open,[],,,\n\
         c3,PRODUCTION,Gone,,,,2024-02-01\n",
    );
    project.deliver(
        "contracts_contracts.csv",
        "id,environment_type,snapshot_id,name,customer_id,archived_at,updated_at\n\
         k1,PRODUCTION,s1,Zeta,c1,,2024-04-02\n\
         k2,PRODUCTION,s1,Alpha,c1,,2024-04-02\n\
         k3,PRODUCTION,s1,Old,c1,2024-01-01,2024-04-02\n",
    );
    project.deliver("contracts_product_list_item_versions.csv", "id,environment_type,snapshot_id,product_list_item_id,version,name,updated_at\nv1,PRODUCTION,s1,hours,1,Hours,2024-04-02\n");
    let invoice = |id: &str, status: &str, total: &str, unit: (&str, &str), provider: &str, issued: &str| {
        line(&[
            id,
            "PRODUCTION",
            status,
            total,
            unit.0,
            unit.1,
            "c1",
            "k1",
            provider,
            "2024-03-01",
            "2024-04-01",
            issued,
        ])
    };
    let (usd, eur, unit) = ((USD, "USD (cents)"), ("eur", "EUR"), ("units", "Units"));
    let invoices = [
        invoice("f1", "FINALIZED", "1000.5", usd, "PAID", "2024-03-01"),
        invoice("f2", "FINALIZED", "200", usd, "payment_failed", "2024-03-02"),
        invoice("f3", "FINALIZED", "30", usd, "", "2024-03-03"),
        invoice("f4", "FINALIZED", "4", usd, "PARTIALLY_PAID", "2024-03-04"),
        invoice("f5", "FINALIZED", "0.5", usd, "SKIPPED", "2024-03-05"),
        invoice("f6", "FINALIZED", "0.05", usd, "NEWLY_INVENTED", "2024-03-05"),
        invoice("f7", "VOID", "77", usd, "VOID", "2024-03-06"),
        invoice("f8", "FINALIZED", "12.5", eur, "PAID", "2024-03-07"),
        invoice("f9", "FINALIZED", "3", unit, "", "2024-03-07"),
    ];
    let header = "id,environment_type,status,total,credit_type_id,credit_type_name,customer_id,contract_id,\
                  billing_provider_invoice_external_status,start_timestamp,end_timestamp,issued_at\n";
    project.deliver("invoice.csv", header.to_owned() + &invoices.concat());
    let lines: Vec<_> = ["f1 1000.5", "f2 200", "f3 30", "f4 4", "f5 0.5", "f6 0.05", "f7 77", "f8 12.5", "f9 3"]
        .iter()
        .filter_map(|pair| pair.split_once(' '))
        .map(|(invoice, total)| {
            let (id, name) = match invoice {
                "f8" => eur,
                "f9" => unit,
                _ => usd,
            };
            line(&[&format!("l{invoice}"), invoice, "hours", "Usage", "1", total, total, id, name])
        })
        .collect();
    project.deliver(
        "line_item.csv",
        "id,invoice_id,product_id,name,quantity,unit_price,total,credit_type_id,credit_type_name\n".to_owned()
            + &lines.concat(),
    );
    project
}

fn drafts(project: &Project) {
    project.deliver(
        "draft_invoice.csv",
        format!(
            "id,environment_type,snapshot_time,status,total,credit_type_id,credit_type_name,customer_id,contract_id,\
             start_timestamp,end_timestamp,updated_at\n\
             d1,PRODUCTION,2024-04-01,DRAFT,150,{USD},USD,c1,k1,2024-04-01,2024-05-01,2024-04-02\n\
             d2,PRODUCTION,2024-04-01,DRAFT,40,{USD},USD,c1,k2,,,2024-04-02\n\
             d3,PRODUCTION,2024-04-01,DRAFT_INCOMPLETE,,{USD},USD,c2,k9,2024-04-01,2024-05-01,2024-04-02\n\
             f1,PRODUCTION,2024-04-01,DRAFT,999,{USD},USD,c1,k1,2024-03-01,2024-04-01,2024-04-02\n"
        ),
    );
    project.deliver(
        "draft_line_item.csv",
        format!(
            "id,environment_type,snapshot_time,invoice_id,credit_type_id,credit_type_name,name,quantity,total,commit_id,\
             product_id,updated_at\n\
             x1,PRODUCTION,2024-04-01,d1,{USD},USD,Usage,1,200,,hours,2024-04-02\n\
             x2,PRODUCTION,2024-04-01,d1,{USD},USD,Prepaid commit,1,-50,b1,hours,2024-04-02\n\
             x3,PRODUCTION,2024-04-01,d1,{USD},USD,Counted,1,-200,b3,hours,2024-04-02\n\
             x4,PRODUCTION,2024-04-01,d2,{USD},USD,Fee,1,40,,fee,2024-04-02\n\
             x5,PRODUCTION,2024-04-01,f1,{USD},USD,Usage,1,999,,hours,2024-04-02\n"
        ),
    );
}

fn balances(project: &Project) {
    let segment = |id: &str, until: &str, amount: &str| {
        format!(r#"{{"id": "{id}", "date": "2024-01-01T00:00:00Z", "end_date": {until}, "amount": {amount}}}"#)
    };
    let access = |unit: (&str, &str), items: &[String]| {
        let (id, name) = match unit.0 {
            "" => ("null".to_owned(), "null".to_owned()),
            id => (format!("\"{id}\""), format!("\"{}\"", unit.1)),
        };
        format!(r#"{{"credit_type_id": {id}, "credit_type_name": {name}, "schedule_items": [{}]}}"#, items.join(", "))
    };
    let entry = |kind: &str, amount: &str, segment: &str| {
        format!(
            r#"{{"type": "{kind}", "timestamp": "2024-01-01T00:00:00Z", "amount": {amount}, "segment_id": "{segment}"}}"#
        )
    };
    let (june, may) = (r#""2024-06-01T00:00:00Z""#, r#""2024-05-01T00:00:00+00:00""#);
    let row = |id: &str, kind: &str, access: &str, ledger: &[String], balance: &str, products: &str| {
        let ledger = format!("[{}]", ledger.join(", "));
        line(&[id, "PRODUCTION", "s1", "c1", kind, id, access, &ledger, balance, products, "2024-04-02 0:00:00"])
    };
    let usd = (USD, "USD (cents)");
    let rows = [
        // Two segments open at once, of which the first lapses first; one that has lapsed.
        row(
            "b1",
            "prepaid",
            &access(
                usd,
                &[segment("g1", may, "500"), segment("g2", june, "100.25"), segment("g0", r#""2024-02-01""#, "9")],
            ),
            &[
                entry("prepaid_segment_start", "500", "g1"),
                entry("prepaid_segment_start", "100.25", "g2"),
                entry("prepaid_automated_invoice_deduction", "-5e1", "g1"),
                entry("prepaid_segment_start", "9", "g0"),
                entry("prepaid_segment_expiration", "-9", "g0"),
            ],
            "550.25",
            "",
        ),
        row(
            "b2",
            "credit",
            &access(usd, &[segment("g3", may, "70")]),
            &[entry("credit_segment_start", "70", "g3")],
            "70",
            "",
        ),
        row("b3", "postpaid", &access(usd, &[segment("g4", r#""2024-04-30T00:00:00Z""#, "800")]), &[], "600", ""),
        row("b4", "credit", &access(("eur", "EUR"), &[segment("g5", "null", "5.5")]), &[], "5.5", ""),
        row("b5", "credit", &access(("units", "Units"), &[segment("g6", june, "8")]), &[], "8", ""),
        row("b6", "prepaid", &access(("", ""), &[segment("g7", june, "40")]), &[], "40", r#"["hours"]"#),
    ];
    let header = "id,environment_type,snapshot_id,customer_id,type,name,access_schedule,ledger,balance,\
                  applicable_product_ids,updated_at\n";
    project.deliver("contracts_balances.csv", header.to_owned() + &rows.concat());
}

fn summary(project: &Project, columns: &str) -> Vec<String> {
    let run = project.run(&["--report", "customer_summary"]).exits(0);
    assert!(!run.stderr.contains("check balance"), "{}", run.stderr);
    project.rows(&format!("select customer_name, currency, {columns} from customer_summary"))
}

#[test]
fn amounts_of_different_currencies_and_units_stand_in_rows_of_their_own() {
    let project = account();
    drafts(&project);
    balances(&project);
    let found = summary(
        &project,
        "finalized_invoice_count, finalized_total_amount, credit_balance_amount, prepaid_balance_amount, \
         postpaid_balance_amount, net_balance_amount",
    );
    assert_eq!(
        found,
        [
            "Gone,,0,,,,,",
            "Many,EUR,1,12.5,5.5,0,0,5.5",
            "Many,USD,6,12.3505,0.7,5.5025,6,12.2025",
            "Many,Units,1,3,8,0,0,8",
            "Many,units of Hours,0,0,0,40,0,40",
            "Open,USD,0,0,0,0,0,0",
        ]
    );
}

#[test]
fn finalized_amounts_are_told_apart_by_what_the_billing_provider_made_of_them() {
    let project = account();
    let found = summary(
        &project,
        "finalized_total_amount, paid_amount, open_amount, failed_amount, unsent_amount, dropped_amount, \
         unknown_status_amount, void_invoice_count, last_invoice_date, last_invoice_total_amount",
    );
    assert_eq!(
        found,
        [
            "Gone,,,,,,,,,0,,",
            "Many,EUR,12.5,12.5,0,0,0,0,0,0,2024-03-07,12.5",
            "Many,USD,12.3505,10.005,0.04,2,0.3,0.005,0.0005,1,2024-03-05,0.005",
            "Many,Units,3,0,0,0,3,0,0,0,2024-03-07,3",
            "Open,,,,,,,,,0,,",
        ]
    );
    project.run(&["--report", "customer_summary", "--full-refresh"]).exits(0).says(&["provider_status_is_known", "f6"]);
}

#[test]
fn drafts_count_once_and_one_that_was_not_computed_makes_the_amount_unknown() {
    let project = account();
    drafts(&project);
    balances(&project);
    let columns = "draft_invoice_count, draft_incomplete_count, usage_to_date_amount, draft_subtotal_amount, \
                   draft_total_amount, draft_scheduled_total_amount, cast(draft_ending_before as date)";
    let usd = |rows: Vec<String>| rows.into_iter().filter(|row| row.contains("USD")).collect::<Vec<_>>();
    let found = usd(summary(&project, columns));
    assert_eq!(found, ["Many,USD,2,0,2,2.4,1.9,0.4,2024-05-01", "Open,USD,1,1,,,,,2024-05-01"]);
}

#[test]
fn what_was_not_delivered_is_not_shown_as_nothing() {
    let project = account();
    drafts(&project);
    std::fs::remove_file(project.path("landing/egress/draft_line_item.csv")).unwrap();
    let found = summary(
        &project,
        "usage_to_date_amount, draft_subtotal_amount, draft_total_amount, net_balance_amount, \
         credit_grant_balance_amount, next_expiry_amount",
    );
    assert!(found.contains(&"Many,USD,,,1.9,,,".to_owned()), "{found:?}");
}

#[test]
fn the_next_expiry_adds_what_lapses_at_one_instant_and_leaves_out_what_will_be_billed() {
    let project = account();
    balances(&project);
    let found = summary(&project, "next_expiry_at, next_expiry_amount");
    assert_eq!(
        found,
        [
            "Gone,,,",
            "Many,EUR,,",
            "Many,USD,2024-05-01T00:00:00Z,5.2",
            "Many,Units,2024-06-01T00:00:00Z,8",
            "Many,units of Hours,2024-06-01T00:00:00Z,40",
            "Open,,,",
        ]
    );
}

#[test]
fn names_aliases_and_provider_stand_beside_the_amounts() {
    let project = account();
    let found = summary(
        &project,
        "ingest_aliases, is_archived, environment, agreement_names, billing_provider, billing_provider_customer_id",
    );
    assert_eq!(
        found,
        [
            "Gone,,,true,PRODUCTION,,,",
            "Many,EUR,b; a;1,false,PRODUCTION,Alpha; Zeta,stripe,cus_1",
            "Many,USD,b; a;1,false,PRODUCTION,Alpha; Zeta,stripe,cus_1",
            "Many,Units,b; a;1,false,PRODUCTION,Alpha; Zeta,stripe,cus_1",
            "Open,,,false,PRODUCTION,,,",
        ]
    );
}

#[test]
fn credit_grants_of_plans_are_what_invoices_left_of_them() {
    let project = account();
    project.deliver("credit_type.csv", "id,name\neur,EUR\n");
    project.deliver(
        "credit_grant.csv",
        format!(
            "id,customer_id,name,amount_granted,amount_granted_credit_type_id,effective_at,expires_at,voided_at,updated_at\n\
             g1,c1,Start,1000,{USD},2024-01-01,2025-01-01,,2024-01-01\n\
             g2,c1,Lapsed,500,{USD},2024-01-01,2024-02-01,,2024-01-01\n\
             g3,c1,Void,500,{USD},2024-01-01,2025-01-01,2024-01-02,2024-01-02\n\
             g4,c1,Euro,7,eur,2024-01-01,2024-12-01,,2024-01-01\n"
        ),
    );
    project.deliver(
        "credit_grant_deduction.csv",
        "id,credit_grant_id,amount,effective_at,updated_at\nx1,g1,0.5,2024-02-01,2024-02-02\nx2,g1,99.5,2024-03-01,2024-03-02\n",
    );
    let found = summary(&project, "credit_grant_balance_amount, cast(next_expiry_at as date), next_expiry_amount");
    assert!(found.contains(&"Many,USD,9,2025-01-01,9".to_owned()), "{found:?}");
    assert!(found.contains(&"Many,EUR,7,2024-12-01,7".to_owned()), "{found:?}");
}
