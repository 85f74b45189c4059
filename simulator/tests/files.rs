//! What the written files say, read back by a reader that knows nothing of the account: bytes, ties and answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod support;

use simulator::account::Account;
use simulator::{answers, export};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use support::csv::{Row, decimal, files, parse, plain};

/// Every row of a table, in flat files and transfers, the newest per key: `updated_at`, then transfer time, then part.
fn table(landing: &Path, name: &str, key: &str) -> Vec<Row> {
    let mut found = Vec::new();
    files(&landing.join("egress"), &mut found);
    let mut newest: BTreeMap<String, ((String, String, u32), Row)> = BTreeMap::new();
    for path in found {
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let relative = path.strip_prefix(landing.join("egress")).unwrap().to_str().unwrap().to_owned();
        let flat = file == format!("{name}.csv") || file.ends_with(&format!(" - {name}.csv"));
        if !flat && !relative.starts_with(&format!("{name}/")) {
            continue;
        }
        let mut text = String::new();
        if file.ends_with(".gz") {
            flate2::read::GzDecoder::new(fs::File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        } else {
            text = fs::read_to_string(&path).unwrap();
        }
        let (part, time) = if flat {
            (0, String::new())
        } else {
            let (part, time) = file.split_once('_').unwrap();
            (part.parse().unwrap(), time.to_owned())
        };
        for row in parse(&text) {
            let updated = row.get("updated_at").map(|at| moment(at)).unwrap_or_default();
            let order = (updated, time.clone(), part);
            let kept = newest.entry(row[key].clone()).or_insert_with(|| (order.clone(), row.clone()));
            if kept.0 <= order {
                *kept = (order, row);
            }
        }
    }
    newest.into_values().map(|(_, row)| row).collect()
}

/// Any of the dialects' timestamps as `2024-03-13 00:57:44.673`, so that text order is time order.
fn moment(text: &str) -> String {
    let text = text.replace(" UTC", "").replace('T', " ").replace('Z', "");
    let (day, time) = text.split_once(' ').unwrap();
    let time = if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    let time = if time.contains('.') { time[..12].to_owned() } else { format!("{time}.000") };
    format!("{day} {time}")
}

/// One property of an event, from a map literal or a JSON object without nesting.
fn property(row: &Row, name: &str) -> Option<String> {
    let text = row["properties"].trim_matches(['{', '}']);
    text.split(',').find_map(|pair| {
        let (key, value) = pair.trim().split_once(['=', ':'])?;
        (key.trim_matches('"') == name).then(|| value.trim_matches('"').to_owned())
    })
}

fn sample() -> (tempfile::TempDir, Account) {
    let account = Account::sample(5);
    let folder = tempfile::tempdir().unwrap();
    export::export(&account, folder.path()).unwrap();
    (folder, account)
}

fn events(landing: &Path) -> Vec<Row> {
    let mut events = table(landing, "events", "transaction_id");
    for event in &mut events {
        let at = moment(&event["timestamp"]);
        event.insert("timestamp".into(), at);
    }
    events
}

#[test]
fn the_same_seed_twice_gives_the_same_bytes_and_another_seed_others() {
    let write = |account: Account| {
        let folder = tempfile::tempdir().unwrap();
        export::export(&account, folder.path()).unwrap();
        answers::write(&account, &folder.path().join("answers")).unwrap();
        let mut found = Vec::new();
        files(folder.path(), &mut found);
        let bytes = |path: PathBuf| (path.strip_prefix(folder.path()).unwrap().to_owned(), fs::read(&path).unwrap());
        found.into_iter().map(bytes).collect::<Vec<_>>()
    };
    for account in [Account::sample(5), Account::sized(5, 5_000, 12)] {
        assert!(write(account.clone()) == write(account));
    }
    assert!(write(Account::sample(5)) != write(Account::sample(6)));
}

#[test]
fn a_table_without_rows_is_no_file() {
    // So few events that some months have no line on a contract.
    for seed in 1..5 {
        let folder = tempfile::tempdir().unwrap();
        export::export(&Account::sized(seed, 500, 10), folder.path()).unwrap();
        let mut found = Vec::new();
        files(&folder.path().join("egress"), &mut found);
        for path in found.iter().filter(|path| path.extension().is_some_and(|ending| ending == "csv")) {
            assert!(!parse(&fs::read_to_string(path).unwrap()).is_empty(), "{}", path.display());
        }
    }
}

#[test]
fn the_sample_is_small_and_repeats_and_corrects_some_events() {
    let (folder, account) = sample();
    let mut found = Vec::new();
    files(folder.path(), &mut found);
    let bytes: u64 = found.iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(bytes < 720_000, "{bytes}");
    assert_eq!(events(folder.path()).len() as u64, account.events);
}

#[test]
fn sub_lines_in_the_files_tie_to_the_newest_version_of_each_event() {
    let (folder, _) = sample();
    let read = |name: &str, key: &str| table(folder.path(), name, key);
    let by_id = |rows: Vec<Row>| rows.into_iter().map(|row| (row["id"].clone(), row)).collect::<HashMap<_, _>>();
    let (customers, invoices, lines) =
        (by_id(read("customer", "id")), by_id(read("invoice", "id")), by_id(read("line_item", "id")));
    let metrics = by_id(read("billable_metric", "id"));
    let events = events(folder.path());
    let sub_lines = read("sub_line_item", "id");
    assert!(sub_lines.len() > 60);
    for sub_line in &sub_lines {
        let invoice = &invoices[&lines[&sub_line["line_item_id"]]["invoice_id"]];
        let customer = &customers[&invoice["customer_id"]];
        let (from, until) = (moment(&invoice["start_timestamp"]), moment(&invoice["end_timestamp"]));
        let metric = &metrics[&sub_line["billable_metric_id"]];
        let (label, of) = metric["name"].split_once(" (").unwrap_or((&metric["name"], ""));
        let of = of.trim_end_matches(')');
        let (kind, property_name) = match label {
            "CPU hours" => ("usage_events", "instanceType"),
            "Storage GB-Hours" => ("usage_events", "region"),
            "Language Model" => ("language_modeler", "model"),
            "Fine Tuning" => ("fine_tuning", "model"),
            "Images" => ("image_modeler", "image_size"),
            _ => ("identity_check", ""),
        };
        let used: i128 = events
            .iter()
            .filter(|event| {
                let sender = &event["customer_id"];
                *sender == customer["id"] || customer["ingest_aliases"].contains(&format!("\"{sender}\""))
            })
            .filter(|event| from <= event["timestamp"] && event["timestamp"] < until && event["event_type"] == kind)
            .filter(|event| property(event, property_name).unwrap_or_default().replace('×', "x") == of)
            .map(|event| match metric["aggregate"].as_str() {
                "sum" => decimal(&property(event, metric["aggregate_keys"].trim_matches(['[', ']', '"'])).unwrap()),
                _ => decimal("1"),
            })
            .sum();
        assert_eq!(plain(used), sub_line["quantity"], "{sub_line:?}");
    }
}

#[test]
fn invoices_in_the_files_foot_and_shown_prices_multiply_out() {
    let (folder, _) = sample();
    let read = |name: &str, key: &str| table(folder.path(), name, key);
    let (mut of_line, mut of_invoice) = (HashMap::<String, i128>::new(), HashMap::<String, i128>::new());
    for sub_line in read("sub_line_item", "id") {
        *of_line.entry(sub_line["line_item_id"].clone()).or_default() += decimal(&sub_line["subtotal"]);
    }
    let types: HashMap<String, String> =
        read("contracts_balances", "id").into_iter().map(|row| (row["id"].clone(), row["type"].clone())).collect();
    let mut applied: BTreeMap<&str, u32> = BTreeMap::new();
    for line in read("line_item", "id") {
        let of = types.get(&line["commit_id"]).filter(|_| line["total"].starts_with('-'));
        if let Some(of) = of {
            *applied.entry(of).or_default() += 1;
        }
        // What a postpaid commit is credited with stays billed.
        if of.is_none_or(|of| of != "postpaid") {
            *of_invoice.entry(line["invoice_id"].clone()).or_default() += decimal(&line["total"]);
        }
        if let Some(sum) = of_line.get(&line["id"]) {
            assert_eq!(plain(*sum), line["total"]);
        }
        if let Some(price) = line.get("unit_price").filter(|price| !price.is_empty()) {
            // Both factors in 10^-12 fit, and their product is in 10^-24.
            let product = (decimal(&line["quantity"]) / 10_i128.pow(8)) * (decimal(price) / 10_i128.pow(8));
            assert_eq!(product, decimal(&line["total"]) * 10_i128.pow(4));
        }
    }
    assert_eq!(applied, [("postpaid", 2), ("prepaid", 3)].into());
    for invoice in read("invoice", "id") {
        assert_eq!(plain(of_invoice.get(&invoice["id"]).copied().unwrap_or_default()), invoice["total"]);
    }
}

#[test]
fn the_answers_agree_with_a_recomputation_from_the_files() {
    for account in [Account::sample(5), Account::sized(7, 20_000, 40)] {
        let folder = tempfile::tempdir().unwrap();
        export::export(&account, folder.path()).unwrap();
        let read = |name: &str, key: &str| table(folder.path(), name, key);
        let invoices = read("invoice", "id");

        let mut sizes: BTreeMap<String, i128> = BTreeMap::new();
        for metric in read("billable_metric", "id") {
            if let Some(size) = metric["name"].strip_prefix("Images (") {
                sizes.insert(size.trim_end_matches(')').into(), 0);
            }
        }
        for event in events(folder.path()).iter().filter(|event| event["event_type"] == "image_modeler") {
            let count = sizes.entry(property(event, "image_size").unwrap().replace('×', "x")).or_default();
            if event["timestamp"].as_str() >= "2024-03-10" && event["timestamp"].as_str() < "2024-03-26" {
                *count += property(event, "num_images").unwrap().parse::<i128>().unwrap();
            }
        }
        let images: String = sizes.iter().map(|(size, count)| format!("{size},{count}\n")).collect();
        assert_eq!(answers::images_by_size(&account), format!("image_size,image_count\n{images}"));

        let lines: HashMap<String, Row> =
            read("line_item", "id").into_iter().map(|row| (row["id"].clone(), row)).collect();
        let customer = read("customer", "id").into_iter().find(|customer| customer["name"] == "A1 Company").unwrap();
        // What is billed on a date has no period.
        let march = |invoice: &&Row| {
            !invoice["start_timestamp"].is_empty() && moment(&invoice["start_timestamp"]).starts_with("2024-03")
        };
        let billed: BTreeSet<&String> = invoices
            .iter()
            .filter(march)
            .filter(|invoice| invoice["status"] == "FINALIZED" && invoice["customer_id"] == customer["id"])
            .map(|invoice| &invoice["id"])
            .collect();
        assert_eq!(billed.len(), 1);
        let mut charges = BTreeSet::new();
        for sub_line in read("sub_line_item", "id") {
            let line = &lines[&sub_line["line_item_id"]];
            if billed.contains(&line["invoice_id"]) {
                let (quantity, total) = (decimal(&sub_line["quantity"]), decimal(&sub_line["subtotal"]));
                // Price of one to 12 decimals; the remainder shows that it is exact.
                let (price, rest) = (total / (quantity / 10_i128.pow(12)), total % (quantity / 10_i128.pow(12)));
                assert_eq!(rest, 0);
                charges.insert(format!(
                    "{},{},A1 Company,2024-03-01,{},{},{},{},{},USD\n",
                    line["invoice_id"],
                    customer["id"],
                    line["name"],
                    sub_line["name"],
                    sub_line["quantity"],
                    plain(price * 10_i128.pow(6)),
                    plain(total / 100),
                ));
            }
        }
        let written = answers::invoice_charges(&account, &account.invoices());
        assert_eq!(written.lines().skip(1).map(|line| format!("{line}\n")).collect::<BTreeSet<_>>(), charges);

        let mut totals: BTreeMap<(String, String), [i128; 3]> = BTreeMap::new();
        for invoice in invoices.iter().filter(march) {
            let plan = if invoice["plan_id"].is_empty() { "(no plan)" } else { &invoice["plan_name"] };
            let sums = totals.entry((plan.into(), invoice["credit_type_name"].clone())).or_default();
            let units = if invoice["credit_type_name"] == "USD (cents)" { 100 } else { 1 };
            let total = decimal(&invoice["total"]) / units;
            match invoice["status"].as_str() {
                "FINALIZED" => (sums[0], sums[1]) = (sums[0] + 1, sums[1] + total),
                _ => sums[2] += total,
            }
        }
        let billings = answers::billings_by_plan(&account, &account.invoices());
        let told: BTreeMap<(String, String), [i128; 3]> = parse(&billings)
            .into_iter()
            .filter(|row| row["plan_name"] != "Enterprise 2025")
            .map(|row| {
                let credit_type = if row["currency"] == "USD" { "USD (cents)" } else { "EUR" };
                let count = row["invoice_count"].parse().unwrap();
                (
                    (row["plan_name"].clone(), credit_type.into()),
                    [count, decimal(&row["total_amount"]), decimal(&row["void_amount"])],
                )
            })
            .collect();
        assert_eq!(told, totals);
        assert_eq!(billings.matches("Enterprise 2025,2024-03-01,EUR,0,0,0,0\n").count(), 1);
    }
}
