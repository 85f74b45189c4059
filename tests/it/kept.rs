//! What would come to the same as in an earlier run is not made again, and says so; what is taken is what would be made.

use simulator::account::Account;
use simulator::export;

use crate::project::{Outcome, Project};

/// How many models a run made, and what it says of the others.
fn models(run: &Outcome) -> (u64, String) {
    let summary = run.json();
    let line = summary["receipts"].as_array().unwrap().iter().find(|line| line["item"] == "models");
    let line = line.unwrap_or_else(|| panic!("{run:?}"));
    (line["rows"].as_u64().unwrap(), line["note"].as_str().unwrap().to_owned())
}

fn run(project: &Project) -> Outcome {
    project.run(&["--source", "egress", "--output", "json"]).exits(0)
}

fn csvs(project: &Project) -> Vec<(String, Vec<u8>)> {
    project.files("artifacts").into_iter().filter(|(name, _)| name.ends_with(".csv")).collect()
}

fn sample() -> Project {
    let project = Project::new().whole();
    export::export(&Account::sized(5, 500, 10), &project.path("landing")).unwrap();
    project
}

/// Delivers the events of a day with the manifest of their transfer.
fn deliver(project: &Project, day: &str, rows: &str) {
    let file = format!("events/dt={day}/1_{}040000.csv", day.replace('-', ""));
    project.deliver(&file, rows);
    let manifest = format!("{{\"files\":[{{\"data_file_key\":\"export/{file}\"}}]}}");
    project.deliver(&format!("_manifests/events/dt={day}/manifest_1.json"), manifest);
}

const DAY: &str = "transaction_id,customer_id,timestamp,event_type,properties,environment_type\n\
                   one-more,nobody,2024-03-20,images,\"{\"\"image_size\"\": \"\"64x64\"\", \"\"num_images\"\": \"\"7\"\"}\",SANDBOX\n";

#[test]
fn a_day_of_events_makes_the_models_that_read_events_and_the_reports_say_what_they_would_of_a_fresh_lake() {
    let project = sample();
    let (all, note) = models(&run(&project));
    assert_eq!(note, "");
    deliver(&project, "2024-12-30", DAY);
    let (made, note) = models(&run(&project));
    assert!(made > 0 && made * 5 < all, "{made} of {all}");
    assert!(note.contains("as before; changed: egress.events"), "{note}");
    assert!(project.artifact("images_by_size").contains("64x64,7"));
    let fresh = sample();
    deliver(&fresh, "2024-12-30", DAY);
    run(&fresh);
    assert!(csvs(&project) == csvs(&fresh));

    // A setting is a cause like any other.
    project.add_settings("[accounts]\nrevenue = \"4000 Sales\"\n");
    fresh.add_settings("[accounts]\nrevenue = \"4000 Sales\"\n");
    let (made, note) = models(&run(&project));
    assert!(made > 0 && made * 5 < all && note.contains("settings.accounts"), "{made}: {note}");
    let (made, _) = models(&project.run(&["--source", "egress", "--output", "json", "--full-refresh"]).exits(0));
    assert_eq!(made, all, "a full refresh takes nothing from earlier runs");
    run(&fresh);
    assert!(csvs(&project) == csvs(&fresh));
}

#[test]
fn results_that_are_lost_or_damaged_are_made_again() {
    let project = sample();
    let (all, _) = models(&run(&project));
    let results: Vec<_> = project.names("lake/_results").into_iter().filter(|name| name != "list.json").collect();
    for (number, name) in results.iter().enumerate() {
        let path = project.path(&format!("lake/_results/{name}"));
        if number % 2 == 0 {
            std::fs::remove_file(path).unwrap();
        } else {
            // The file may be the report's own, under another name.
            let mut bytes = std::fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
    }
    deliver(&project, "2024-12-30", DAY);
    let (made, _) = models(&run(&project));
    assert!(made * 5 > all, "{made} of {all}");
    let fresh = sample();
    deliver(&fresh, "2024-12-30", DAY);
    run(&fresh);
    assert!(csvs(&project) == csvs(&fresh));
    // A list that is none is an empty one.
    project.write("lake/_results/list.json", "{\"models\": 3}");
    project.add_settings("[accounts]\nrevenue = \"4000 Sales\"\n");
    assert_eq!(models(&run(&project)).0, all);
}

#[test]
fn of_a_large_table_only_what_came_is_read() {
    // More rows than are read at once.
    let event = |number: u32| {
        let month = 1 + number % 4;
        format!(
            "t{number},2024-0{month}-11,images,\"{{\"\"image_size\"\": \"\"256x256\"\", \"\"num_images\"\": \"\"1\"\"}}\",SANDBOX\n"
        )
    };
    let events = "transaction_id,timestamp,event_type,properties,environment_type\n".to_owned()
        + &(0..100_000).map(event).collect::<String>();
    let project = Project::with(&[("events/dt=2024-05-01/1_20240501040000.csv", &events)]);
    // One writer, so that each month has one file, large enough to be read for itself.
    project.add_settings("[limits]\nthreads = 1\n");
    run(&project);
    let parts = || -> Vec<_> {
        let names = project.names("lake/_results").into_iter();
        names.filter(|name| name.starts_with("int_events_counted@")).collect()
    };
    let before = parts();
    assert_eq!(before.len(), 4);
    let lake = project.path("lake");
    let march = project
        .names("lake")
        .into_iter()
        .find(|name| name.contains("events/month=2024-02") && name.ends_with("parquet"));
    // Nobody reads what did not change: that this file is damaged is found by whoever reads it.
    let path = lake.join(march.unwrap());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1000] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    deliver(&project, "2024-12-30", DAY);
    run(&project);
    let after = parts();
    assert!(before.iter().all(|name| after.contains(name)), "{before:?} {after:?}");
    let new: Vec<_> = after.iter().filter(|name| !before.contains(name)).collect();
    assert!(new.len() == 1 && new[0].starts_with("int_events_counted@month=2024-03"), "{new:?}");
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n256x256,25000\n64x64,7\n");

    // A newer row of a key that the damaged file has.
    deliver(&project, "2024-12-31", &DAY.replace("one-more", "t1").replace("2024-03", "2024-02"));
    project.run(&["--source", "egress"]).exits(5).says(&["month=2024-02", "not those that were written"]);
}

#[test]
fn what_events_come_to_is_the_same_of_one_file_and_of_several_that_are_added_up() {
    let metrics = r#"[metrics]
"CPU hours ({instanceType})" = { event_type = "usage_events", aggregate = "latest", key = "cpu_hours" }
"Storage GB-Hours ({region})" = { event_type = "usage_events", aggregate = "max", key = "storage_gb-hours" }
"Language Model ({model})" = { event_type = "language_modeler", aggregate = "unique", key = "user_id" }
"Fine Tuning ({model})" = { event_type = "fine_tuning", aggregate = "count" }
"#;
    let whole = Project::new().whole();
    export::export(&Account::sized(5, 3000, 10), &whole.path("landing")).unwrap();
    whole.add_settings(metrics);
    let parted = Project::new().whole();
    parted.add_settings(metrics);
    parted.add_settings("[limits]\nthreads = 1\n");
    let all = whole.files("landing/egress");
    let (events, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| name.starts_with("events/"));
    for (name, bytes) in others {
        parted.deliver(&name, bytes);
    }
    // Beside the events of each delivery so many of nobody that all together are read in parts.
    for delivery in 0..2 {
        let of_nobody: String = (0..60_000)
            .map(|number| {
                format!("nobody-{delivery}-{number},nobody,2024-0{}-11,images,{{}},SANDBOX\n", 2 + number % 3)
            })
            .collect();
        let header = "transaction_id,customer_id,timestamp,event_type,properties,environment_type\n";
        parted.deliver(&format!("events/dt=2023-01-01/{delivery}_20230101040000.csv"), header.to_owned() + &of_nobody);
        for (name, bytes) in events.iter().skip(delivery).step_by(2) {
            parted.deliver(name, bytes);
        }
        parted.normalize();
    }
    for project in [&whole, &parted] {
        // Metrics that count something else than was billed contradict what was billed.
        project.run(&["--source", "egress"]).exits(3);
    }
    let names = parted.names("lake/_results");
    let parts = names.iter().filter(|name| name.starts_with("int_metered_days@")).count();
    assert!(parts > 3, "{names:?}");
    let told = whole.artifact("reconciliation_exceptions");
    assert!(told.lines().filter(|line| line.contains("USAGE_")).count() > 20, "{told}");
    assert_eq!(parted.artifact("reconciliation_exceptions"), told);
}
