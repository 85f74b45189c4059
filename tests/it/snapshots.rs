//! Tables that arrive as snapshots: all are kept, the newest complete one is current.

use crate::project::Project;

fn drafts(day: u8, ids: std::ops::Range<u8>) -> String {
    let rows = ids.map(|id| format!("d{id},2024-04-0{day} 0:00:00,{day}\n"));
    "id,snapshot_time,total\n".to_owned() + &rows.collect::<String>()
}

fn deliver(project: &Project, day: u8, part: u8, ids: std::ops::Range<u8>) {
    let name = format!("draft_invoice/dt=2024-04-0{day}/{part}_2024040{day}050000.csv");
    project.deliver(&name, drafts(day, ids));
}

const CURRENT: &str = "select count(*), min(total), max(total) from current.draft_invoice";
const KEPT: &str = "select total, count(*) from egress.draft_invoice group by total order by total";

#[test]
fn every_snapshot_is_kept_and_the_newest_is_current_whatever_order_they_come_in() {
    let project = Project::new();
    deliver(&project, 2, 1, 0..3);
    deliver(&project, 1, 1, 0..4);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["3,2,2"], "an id that is gone from the newest snapshot is gone");
    deliver(&project, 3, 1, 2..5);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["3,3,3"]);
    assert_eq!(project.rows(KEPT), ["1,4", "2,3", "3,3"]);
}

#[test]
fn a_newest_snapshot_of_fewer_files_or_less_than_half_the_rows_is_not_current_yet() {
    let project = Project::new();
    deliver(&project, 1, 1, 0..5);
    deliver(&project, 1, 2, 5..10);
    deliver(&project, 2, 1, 0..9);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["10,1,1"], "one file where there were two");
    deliver(&project, 2, 2, 9..10);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["10,2,2"], "the second file has come");
    deliver(&project, 3, 1, 0..2);
    deliver(&project, 3, 2, 2..4);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["10,2,2"], "four rows where there were ten");
    deliver(&project, 3, 3, 4..5);
    project.normalize();
    assert_eq!(project.rows(CURRENT), ["5,3,3"], "half of the rows is enough");
    assert_eq!(project.rows(KEPT), ["1,10", "2,10", "3,5"]);
}

#[test]
fn snapshots_without_a_time_are_ordered_by_when_their_rows_were_exported() {
    let text =
        |id: &str, day: u8, name: &str| format!("id,snapshot_id,name,updated_at\nv1,{id},{name},2024-04-0{day}\n");
    let project = Project::with(&[
        ("contracts_product_list_item_versions/dt=2024-04-01/1_20240401050000.csv", &text("zzz", 1, "old")),
        ("contracts_product_list_item_versions/dt=2024-04-02/1_20240402050000.csv", &text("aaa", 2, "new")),
    ]);
    project.normalize();
    assert_eq!(project.rows("select name from current.contracts_product_list_item_versions"), ["new"]);
    assert_eq!(project.rows("select count(*) from egress.contracts_product_list_item_versions"), ["2"]);
}

#[test]
fn each_environment_has_its_own_newest_snapshot() {
    let text = |day: u8, environment: &str, rows: u8| {
        let rows = (0..rows).map(|id| format!("d{id},2024-04-0{day},{environment},{day}\n"));
        "id,snapshot_time,environment_type,total\n".to_owned() + &rows.collect::<String>()
    };
    let project = Project::with(&[
        ("draft_invoice/dt=2024-04-01/1_20240401050000.csv", &text(1, "SANDBOX", 2)),
        ("draft_invoice/dt=2024-04-02/1_20240402050000.csv", &text(2, "PRODUCTION", 3)),
    ]);
    for (environment, row) in [("SANDBOX", "2,1,1"), ("PRODUCTION", "3,2,2")] {
        project.run(&["--environment", environment, "--report", "images_by_size"]).exits(0);
        assert_eq!(project.rows(CURRENT), [row], "{environment}");
    }
}
