//! The three reports on accounts small enough to be worked out by hand.

use crate::project::Project;

const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";

const CHARGES: &str = "invoice_id,customer_id,customer_name,billing_month,product_name,description,quantity,unit_price,\
                       total_amount,currency\n";
const BILLINGS: &str =
    "plan_id,plan_name,billing_month,currency,customer_count,invoice_count,total_amount,void_amount\n";

/// Two customers; USD in cents, EUR and a custom unit as they are; plan and contract invoices.
fn account() -> Project {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\nc2,Other Company\n"),
        ("plan.csv", "id,name\np1,Pro\np2,Idle\np3,No charges\n"),
        ("product.csv", "id,name\npr1,Images\n"),
        (
            "contracts_product_list_item_versions.csv",
            "id,snapshot_id,product_list_item_id,version,name,starting_at,updated_at\n\
             v1,s1,cp1,1,Support before,2023-01-01,2024-04-02\n\
             v2,s1,cp1,2,Support,2024-03-15,2024-04-02\n\
             v3,s1,cp1,3,Support after,2024-04-01,2024-04-02\n",
        ),
    ]);
    project.deliver(
        "plan_charge.csv",
        format!("id,plan_id,credit_type_id,credit_type_name\nx1,p1,{USD},USD (cents)\nx2,p2,{USD},USD (cents)\nx3,p2,eur,EUR\n"),
    );
    project.deliver("invoice.csv", invoices());
    project.deliver("line_item.csv", line_items("1000.5"));
    project.deliver("sub_line_item.csv", sub_line_items("0.5"));
    project
}

fn invoices() -> String {
    format!(
        "id,status,total,credit_type_id,credit_type_name,customer_id,plan_id,plan_name,contract_id,start_timestamp,\
         end_timestamp,issued_at\n\
         i1,FINALIZED,1000.5,{USD},USD (cents),c1,p1,Pro,,2024-03-01 0:00:00,2024-04-01 0:00:00,2024-04-01 0:00:00\n\
         i2,FINALIZED,300,{USD},USD (cents),c1,p1,Pro,,2024-02-29 0:00:00,2024-03-01 0:00:00,2024-03-01 0:00:00\n\
         i3,VOID,500,{USD},USD,c1,p1,Pro,,2024-03-31 23:59:59.999999 UTC,2024-04-01,2024-04-01\n\
         i4,FINALIZED,12.5,eur,EUR,c2,,,k1,2024-03-05,2024-04-05,2024-04-05\n\
         i5,FINALIZED,7,credits,Credits,c2,p1,Pro,,2024-03-01,2024-04-01,2024-04-01\n\
         i6,FINALIZED,100,{USD},USD,c1,,,k2,2024-03-01,2024-04-01,2024-04-02\n\
         i7,FINALIZED,1,{USD},USD,c1,p1,Pro,,2024-04-01,2024-05-01,2024-05-01\n"
    )
}

fn line_items(total: &str) -> String {
    format!(
        "id,invoice_id,product_id,name,quantity,unit_price,total,credit_type_id,credit_type_name\n\
         l1,i1,pr1,Images,,,{total},{USD},USD (cents)\n\
         l2,i2,pr1,Images,1,,300,{USD},USD (cents)\n\
         l3,i3,pr1,Images,1,,500,{USD},USD (cents)\n\
         l4,i4,,Fee,1,12.5,12.5,eur,EUR\n\
         l5,i5,,Fee,1,7,7,credits,Credits\n\
         l6,i6,cp1,Support hours,2,100,200,{USD},USD\n\
         l7,i6,,Prepaid commit applied,1,,-100,{USD},USD\n\
         l8,i7,,Fee,1,1,1,{USD},USD\n"
    )
}

fn sub_line_items(small: &str) -> String {
    format!("id,line_item_id,name,quantity,subtotal\ns1,l1,large,3,1000\ns2,l1,medium,0,0\ns3,l1,small,1,{small}\n")
}

/// Some reports, and whether what they are made from reconciles.
const JUDGED: &[&str] = &["--report", "billings_by_plan,images_by_size,invoice_charges,reconciliation_exceptions"];

#[test]
fn invoice_charges_are_the_lines_of_the_invoice_whose_service_begins_in_the_month() {
    let project = account();
    project.run(&["--report", "invoice_charges"]).exits(0);
    let expected = "i1,c1,A1 Company,2024-03-01,Images,large,3,3.333333333333333333,10,USD\n\
                    i1,c1,A1 Company,2024-03-01,Images,medium,0,,0,USD\n\
                    i1,c1,A1 Company,2024-03-01,Images,small,1,0.005,0.005,USD\n\
                    i6,c1,A1 Company,2024-03-01,Prepaid commit applied,Prepaid commit applied,1,-1,-1,USD\n\
                    i6,c1,A1 Company,2024-03-01,Support,Support hours,2,1,2,USD\n";
    assert_eq!(project.artifact("invoice_charges"), format!("{CHARGES}{expected}"));

    let february = ["--report", "invoice_charges", "--param", "billing_month=2024-02"];
    project.run(&february).exits(0);
    let expected = "i2,c1,A1 Company,2024-02-01,Images,Images,1,3,3,USD\n";
    assert_eq!(project.artifact("invoice_charges"), format!("{CHARGES}{expected}"));

    let nobody = ["--report", "invoice_charges", "--param", "customer_name=a1 company"];
    project.run(&nobody).exits(0).says(&["customer_name_is_known"]);
    assert_eq!(project.artifact("invoice_charges"), CHARGES);
}

#[test]
fn billings_by_plan_lists_every_plan_and_adds_nothing_of_another_currency_or_month() {
    let project = account();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let expected = ",(no plan),2024-03-01,EUR,1,1,12.5,0\n\
                    ,(no plan),2024-03-01,USD,1,1,1,0\n\
                    p2,Idle,2024-03-01,EUR,0,0,0,0\n\
                    p2,Idle,2024-03-01,USD,0,0,0,0\n\
                    p3,No charges,2024-03-01,,0,0,0,0\n\
                    p1,Pro,2024-03-01,Credits,1,1,7,0\n\
                    p1,Pro,2024-03-01,USD,1,1,10.005,5\n";
    assert_eq!(project.artifact("billings_by_plan"), format!("{BILLINGS}{expected}"));

    project.run(&["--report", "billings_by_plan", "--param", "billing_month_basis=issued_at"]).exits(0);
    let expected = "p2,Idle,2024-03-01,EUR,0,0,0,0\n\
                    p2,Idle,2024-03-01,USD,0,0,0,0\n\
                    p3,No charges,2024-03-01,,0,0,0,0\n\
                    p1,Pro,2024-03-01,USD,1,1,3,0\n";
    assert_eq!(project.artifact("billings_by_plan"), format!("{BILLINGS}{expected}"));
}

#[test]
fn an_invoice_whose_lines_do_not_add_up_is_named_and_keeps_every_artifact_as_it_was() {
    let project = account();
    project.run(JUDGED).exits(0);
    let figures = |project: &Project| {
        // The workbook has the exceptions as a sheet, the page as a table.
        let others = ["reconciliation_exceptions.csv", "manifest.json", "close_pack.xlsx", "report.html"];
        let is_figure = |(name, _): &(String, _)| !others.contains(&name.as_str());
        project.files("artifacts").into_iter().filter(is_figure).collect::<Vec<_>>()
    };
    let (artifacts, lines) = (figures(&project), project.sql("select * from egress.line_item order by id"));
    // One hundredth of a cent too much.
    project.deliver("line_item.csv", line_items("1000.51"));
    project.deliver("sub_line_item.csv", sub_line_items("0.51"));
    project.run(JUDGED).exits(3).says(&["exceptions_are_resolved", "LINES_DIFFER_FROM_INVOICE", "i1", "etl.checks"]);
    assert_eq!(figures(&project), artifacts);
    assert_eq!(project.sql("select * from egress.line_item order by id"), lines, "readers see what was published");
    let broken = project.rows(
        "select check_name, severity, offending_rows from etl.checks where offending_rows > 0 and severity = 'block'",
    );
    assert_eq!(broken, ["exceptions_are_resolved,block,1"]);

    project.deliver("line_item.csv", line_items("1000.5"));
    project.run(JUDGED).exits(3).says(&["SUB_LINES_DIFFER_FROM_LINE", "l1"]);
    assert_eq!(figures(&project), artifacts);

    project.deliver("sub_line_item.csv", sub_line_items("0.5"));
    project.run(JUDGED).exits(0);
    for report in ["invoice_charges", "billings_by_plan", "images_by_size"] {
        let name = format!("{report}.csv");
        let before = artifacts.iter().find(|(found, _)| *found == name).unwrap();
        assert_eq!(project.artifact(report).as_bytes(), before.1, "{report}");
    }
}

#[test]
fn images_are_counted_by_size_through_both_days_and_sizes_without_images_show_zero() {
    let project = Project::with(&[
        (
            "billable_metric.csv",
            "id,name,aggregate,aggregate_keys\n\
             m1,Images (2048×2048),sum,\"[\"\"num_images\"\"]\"\n\
             m2,Images (256x256),sum,\"[\"\"num_images\"\"]\"\n\
             m3,Video (640x480),sum,\"[\"\"seconds\"\"]\"\n",
        ),
        (
            "events.csv",
            "transaction_id,timestamp,properties\n\
             first,2024-03-10 0:00:00,\"{image_size=256×256, num_images=1}\"\n\
             last,2024-03-25T23:59:59.999999Z,\"{\"\"image_size\"\": \"\"256x256\"\", \"\"num_images\"\": 20}\"\n\
             after,2024-03-26 0:00:00,\"{image_size=256x256, num_images=300}\"\n\
             before,2024-03-09 23:59:59.999999 UTC,\"{image_size=256x256, num_images=4000}\"\n\
             zone,2024-03-26T01:00:00+02:00,\"{image_size=256 X 256, num_images=50000}\"\n\
             outside,2024-04-01,\"{image_size=1024x1024, num_images=7}\"\n\
             repeated,2024-03-12,\"{image_size=512x512, num_images=2}\"\n\
             repeated,2024-03-12,\"{image_size=512x512, num_images=2}\"\n\
             uncounted,2024-03-12,\"{image_size=512x512, num_images=many}\"\n\
             other,2024-03-12,\"{cpu_hours=5}\"\n",
        ),
    ]);
    project.run(&["--report", "images_by_size"]).exits(0).says(&["image_events_are_counted", "uncounted"]);
    let expected = "image_size,image_count\n1024x1024,0\n2048x2048,0\n256x256,50021\n512x512,\n";
    assert_eq!(project.artifact("images_by_size"), expected);

    let one_day = ["--param", "images_from=2024-03-26", "--param", "images_through=2024-03-26"];
    project.run(&[&["--report", "images_by_size"], &one_day[..]].concat()).exits(0);
    let expected = "image_size,image_count\n1024x1024,0\n2048x2048,0\n256x256,300\n512x512,0\n";
    assert_eq!(project.artifact("images_by_size"), expected);
}

#[test]
fn an_amount_without_a_currency_blocks_the_reports() {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\n"),
        ("invoice.csv", "id,status,total,customer_id,start_timestamp\ni1,FINALIZED,5,c1,2024-03-01\n"),
    ]);
    project.run(&["--report", "billings_by_plan"]).exits(3).says(&["amounts_have_currency", "i1"]);
    assert!(!project.path("artifacts").exists());
}

#[test]
fn an_invoice_of_an_unknown_status_blocks_because_it_would_be_in_no_figure() {
    let project = Project::with(&[("invoice.csv", "id,status,total\ni1,Settled,0\n")]);
    project.run(&[]).exits(3).says(&["invoice_status_is_known", "i1"]);
}

/// A contract's invoice with usage of 10 EUR, on which a commit of 10 is applied, and its total.
fn applied(total: &str) -> Project {
    let invoice = format!(
        "id,status,customer_id,total,credit_type_id,credit_type_name,start_timestamp\n\
         i1,FINALIZED,c1,{total},e,EUR,2024-03-01\n"
    );
    Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\n"),
        ("invoice.csv", &invoice),
        (
            "line_item.csv",
            "id,invoice_id,name,quantity,total,credit_type_id,credit_type_name,commit_id\n\
             l1,i1,Usage,5,10,e,EUR,\nl2,i1,Commit applied,1,-10,e,EUR,k1\n",
        ),
    ])
}

#[test]
fn a_postpaid_commit_s_application_line_is_no_part_of_the_total_and_a_prepaid_one_s_is() {
    let balance = |kind: &str| format!("id,snapshot_id,type\nk1,s1,{kind}\n");
    let charges = |project: &Project| project.artifact("invoice_charges").lines().count() - 1;

    let postpaid = applied("10");
    postpaid.deliver("contracts_balances.csv", balance("POSTPAID"));
    postpaid.run(&[]).exits(0);
    assert_eq!(charges(&postpaid), 1);

    let prepaid = applied("0");
    prepaid.deliver("contracts_balances.csv", balance("prepaid"));
    prepaid.run(&[]).exits(0);
    assert_eq!(charges(&prepaid), 2);
    prepaid.deliver("contracts_balances.csv", balance("postpaid"));
    prepaid.run(JUDGED).exits(3).says(&["LINES_DIFFER_FROM_INVOICE", "i1"]);

    for (total, count) in [("10", 1), ("0", 2)] {
        let unknown = applied(total);
        unknown.run(&[]).exits(0);
        assert_eq!(charges(&unknown), count, "no balances delivered, total {total}");
    }
}
