//! `etl close`: from now on the figures of a month, and of all before it, stay as they are.
//!
//! A close makes every report over everything the lake has taken, refuses while a check blocks, writes the pack of the month
//! and pins the versions it was made from. Nothing of it is visible before its row in `etl.runs`; only then the pack is put
//! in its place, and asking for the same close again makes it again from the pinned versions: the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use arrow::datatypes::DataType;
use chrono::{NaiveDate, NaiveTime};
use datafusion::common::ScalarValue;

use super::checklist::{self, CHECKLIST};
use super::parameters::for_month;
use super::ready::{self, Obstacle};
use super::{
    Blocked, Plan, check_logs, columns_of, note_exceptions, publish_blocked, report_records, take_heads, take_reports,
};
use crate::catalog::runs::{ACCEPTANCES, CLOSES, POSTINGS};
use crate::closes::{Close, following, name_of};
use crate::compare;
use crate::engine::Engine;
use crate::engine::parameters::Parameters;
use crate::error::{Error, Result};
use crate::load::{Manifest, Sheet, load, print_apart, require_artifacts, require_closes};
use crate::make::{make_aside, row_schema, write_model, write_sql};
use crate::model::{Grain, HeaderColumn, Model, Models};
use crate::normalize;
use crate::origin::DataOrigin;
use crate::place::lake::{Change, Lake, Target};
use crate::place::records::{self, Row, commit_rows, published_rows};
use crate::printer::counted;
use crate::printer::summary::Summary;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::{CloseOrder, GivenBy, Parameter, QuarantinePolicy, Settings, Stage};
use crate::suggest::nearest;
use crate::task::{Keeping, Task};
use crate::transform::{EXCEPTIONS_REPORT, Transformed, transform};

/// The report whose lines are posted with a close.
const JOURNAL: &str = "journal_entries";

/// The sheet of the pack with the sum of every money column.
const CONTROL_TOTALS: &str = "control_totals";

/// Closes a month, or makes the pack of a closed one again, and says what came of it.
pub async fn close(settings: &Settings, order: &CloseOrder) -> (Summary, Result<()>) {
    super::summed_up(settings, "close", async |run, summary| close_month(settings, order, run, summary).await).await
}

async fn close_month(settings: &Settings, order: &CloseOrder, run: &Run, summary: &mut Summary) -> Result<()> {
    let started = Instant::now();
    let models = Models::of(settings)?;
    let mut plan = Plan::new(settings, Stage::Transform, false, &models)?;
    if settings.reports.is_some() {
        return Err(Error::usage("a close is of every report").hint("leave out --report"));
    }
    plan.check_models().await?;
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let Some(base) = RunRecord::newest(&lake).await? else {
        return Err(
            Error::usage(format!("nothing is in the lake {}", settings.lake)).hint("run `etl run --stage all` first")
        );
    };
    check_logs(&lake, &base)?;
    let origin = DataOrigin::of_lake(&lake, &base.versions).await?;
    super::notice_origin(origin.as_ref(), settings, summary);
    if let Some(origin) = &origin {
        require_artifacts(origin, &lake, settings).await?;
        require_closes(origin, &lake, settings).await?;
    }
    let closes = Close::all(&lake, &base.versions).await?;
    if let Some(closed) = closes.iter().find(|close| close.period == order.month) {
        let before = closes.iter().rfind(|close| close.period < order.month);
        return make_again(closed, before, settings, &models, &lake, run, summary).await;
    }
    check_order(order, closes.last())?;
    let day = settings.day.unwrap_or(run.day());
    let mut obstacles: Vec<_> = ready::not_ended(order.month, day).into_iter().collect();
    ready::require(order.month, &obstacles, &order.accept)?;
    if base.status == "incomplete" {
        return Err(Error::data("the newest run could not read all of the API: new rows stand beside old ones")
            .hint("`etl run` goes on where it stopped; a month is closed on what is whole"));
    }
    if base.status == "blocked" && base.quarantined_cells > 0 && settings.quarantine == QuarantinePolicy::Block {
        return Err(Error::data(format!("{} in quarantine", counted(base.quarantined_cells, "cell")))
            .hint("see `etl sql -c 'select * from etl.quarantine'`; a month is closed on data that can be read"));
    }
    let mut next = RunRecord { status: "done".to_owned(), ..base.followed_by(run, "close") };
    take_heads(&lake, &mut next)?;
    next.environment = plan.environment(&base, &normalize::environments(&lake).await?)?;
    plan.resolve(&lake, &next, day).await?;
    next.parameters.clone_from(&plan.parameters.texts);
    let of_month = for_month(&plan.specs, &settings.parameters, order.month)?;
    let accepted = accept(order, &plan, &base, &mut next, closes.last(), &lake, run).await?;

    let versions = next.versions.clone();
    let task = Task { is_read_on: true, ..plan.task(&versions, closes.last()) };
    let mut engine = task.engine(&lake, versions.clone(), next.environment.clone())?;
    let transformed = transform(&task, &mut engine, &lake, run).await?;
    summary.receipts.extend(transformed.receipts.iter().cloned());
    let seen = note_exceptions(&transformed, &lake, run).await?;
    super::say_warnings(transformed.warnings(&models), summary);
    if let Err(refusal) = transformed.check() {
        let found = Blocked {
            versions: accepted.into_iter().chain(seen).chain(transformed.commit_checks(&lake, run).await?).collect(),
            quarantined_cells: base.quarantined_cells,
            reports: BTreeMap::new(),
        };
        publish_blocked(&base, found, &lake, run, &next).await?;
        let until = order.until.map_or(String::new(), |day| format!(" with data of no day after {day}"));
        return Err(refusal.hint(format!(
            "{} stays open. `etl sql -c \"select * from reconciliation_exceptions where status = 'open'\"` shows what stands, \
             `etl close {} --accept CODE --reason TEXT` accepts it{until}",
            name_of(order.month),
            name_of(order.month)
        )));
    }
    obstacles.extend(ready::obstacles(order.month, &mut engine).await?);
    ready::require(order.month, &obstacles, &order.accept)?;
    accept_obstacles(order, &obstacles, &mut next, &lake, run).await?;
    let mut files = cut_sheets(order.month, &of_month, &task, &transformed, &mut engine, &lake, run).await?;
    files.push(checklist(order.month, &next, &transformed, &engine, &lake, run).await?);
    let posted = post(order.month, &closes, &task, &transformed, &mut engine, &lake, run).await?;
    next.versions.extend(seen);
    next.versions.extend(transformed.commit(&lake, run).await?);
    let (pack, manifest) = print_pack(files, &plan, &next, order.month, &of_month, &lake, run).await?;
    let posted_lines = posted.as_ref().map(|(lines, _)| *lines);
    let version = record(&manifest, posted_lines, &base, &next, order.month, &lake, run).await?;
    next.versions.insert(CLOSES.name.to_owned(), version);
    next.versions.extend(posted.and_then(|(_, version)| Some((POSTINGS.name.to_owned(), version?))));
    take_reports(&plan, &base, &mut next)?;
    summary.receipts.push(manifest.receipt("close", &name_of(order.month), started, "closed"));
    next.publish(&lake, run, &summary.receipts).await?;
    pack.publish()?;
    summary.pack = Some(settings.closes.below(&name_of(order.month)).to_string());
    summary.environment.clone_from(&next.environment);
    let names: Vec<_> = plan.reports.iter().map(|report| report.name.clone()).collect();
    summary.receipts.extend(load(&names, &next, &lake, settings, run).await?);
    Ok(())
}

/// Refuses a month that lies behind one that is closed.
fn check_order(order: &CloseOrder, last: Option<&Close>) -> Result<()> {
    match last.filter(|last| order.month < last.period) {
        None => Ok(()),
        Some(last) => Err(Error::usage(format!(
            "{} was closed with {}, which closed everything before it",
            name_of(order.month),
            name_of(last.period)
        ))),
    }
}

/// Records the open, blocking exceptions of the codes as accepted, and returns the table's version.
async fn accept(
    order: &CloseOrder,
    plan: &Plan<'_>,
    base: &RunRecord,
    next: &mut RunRecord,
    last: Option<&Close>,
    lake: &Lake,
    run: &Run,
) -> Result<Option<(String, u64)>> {
    let codes: Vec<_> = order.accept.iter().filter(|code| !ready::CODES.contains(&code.as_str())).collect();
    if codes.is_empty() {
        return Ok(None);
    }
    let only: Vec<_> = plan.reports.iter().copied().filter(|report| report.name == EXCEPTIONS_REPORT).collect();
    let versions = next.versions.clone();
    let task = Task { reports: &only, ..plan.task(&versions, last) };
    let mut engine = task.engine(lake, versions.clone(), next.environment.clone())?;
    let transformed = transform(&task, &mut engine, lake, run).await?;
    let found = match transformed.staged(EXCEPTIONS_REPORT, lake, run) {
        Some(path) => columns_of(&path, ["exception_id", "code", "severity", "status"])?,
        None => Vec::new(),
    };
    let stands = |row: &&Row| row[2].as_deref() == Some("block") && row[3].as_deref() == Some("open");
    let standing: Vec<_> = found.iter().filter(stands).collect();
    for code in &codes {
        if !standing.iter().any(|row| row[1].as_ref() == Some(*code)) {
            let mut codes: Vec<_> = standing.iter().filter_map(|row| row[1].clone()).collect();
            codes.dedup();
            let error = Error::usage(format!("no blocking exception of code {code} stands"));
            return Err(error.hint(match nearest(code, codes.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if codes.is_empty() => "none stands".to_owned(),
                None => format!("standing: {}", codes.join(", ")),
            }));
        }
    }
    let mut rows = published_rows(lake, &ACCEPTANCES, &base.versions).await?;
    let accepted = standing.into_iter().filter(|row| row[1].as_ref().is_some_and(|code| codes.contains(&code)));
    rows.extend(accepted.map(|row| acceptance(row[0].clone(), row[1].clone(), order, run)));
    let version = commit_rows(lake, &ACCEPTANCES, rows, true, &run.id, run.started_at_millis).await?;
    next.versions.insert(ACCEPTANCES.name.to_owned(), version);
    Ok(Some((ACCEPTANCES.name.to_owned(), version)))
}

/// Records what spoke against the close as accepted.
async fn accept_obstacles(
    order: &CloseOrder,
    obstacles: &[Obstacle],
    next: &mut RunRecord,
    lake: &Lake,
    run: &Run,
) -> Result<()> {
    let stands = |code: &str| obstacles.iter().any(|obstacle| obstacle.code == code);
    let given = || order.accept.iter().map(String::as_str).filter(|code| ready::CODES.contains(code));
    if let Some(code) = given().find(|code| !stands(code)) {
        return Err(Error::usage(format!("nothing of code {code} speaks against closing {}", name_of(order.month))));
    }
    if obstacles.is_empty() {
        return Ok(());
    }
    let mut rows = published_rows(lake, &ACCEPTANCES, &next.versions).await?;
    rows.extend(obstacles.iter().map(|Obstacle { code, .. }| {
        acceptance(Some(format!("{code}/{}", name_of(order.month))), Some(code.clone()), order, run)
    }));
    let version = commit_rows(lake, &ACCEPTANCES, rows, true, &run.id, run.started_at_millis).await?;
    next.versions.insert(ACCEPTANCES.name.to_owned(), version);
    Ok(())
}

fn acceptance(id: Option<String>, code: Option<String>, order: &CloseOrder, run: &Run) -> Row {
    vec![
        id,
        code,
        Some(order.month.to_string()),
        order.reason.clone(),
        Some(run.started_at.clone()),
        Some(run.id.clone()),
        order.until.map(|day| day.to_string()),
        order.by.clone(),
    ]
}

/// The parameter of the models that shows what stood at the end of a month: the first instant after it.
const CUTOFF: &str = "cutoff";

/// Stages what the pack shows of each report: the rows of the month where they belong to months; else the report for that month
/// and as of its end, but for the exceptions, which are those that stand at the close. The last is the control totals.
async fn cut_sheets(
    month: NaiveDate,
    of_month: &Parameters,
    task: &Task<'_>,
    transformed: &Transformed,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
) -> Result<Vec<(String, PathBuf)>> {
    let folder = lake.staging(&run.id, "pack");
    let mut sheets: Vec<(&Model, PathBuf)> = Vec::new();
    let of_month = BTreeMap::from_iter(of_month.values.iter().map(|(name, value)| match name.as_str() {
        CUTOFF => (name.clone(), cutoff(month)),
        _ => (name.clone(), value.clone()),
    }));
    let (by_month, others): (Vec<&Model>, Vec<&Model>) =
        task.reports.iter().copied().partition(|report| report.header.period.is_some());
    for report in by_month {
        let (Some(period), Grain::Columns(grain)) = (&report.header.period, &report.header.grain) else { continue };
        let sql =
            format!("select * from {} where {period} = date '{month}' order by {}", report.name, grain.join(", "));
        let file = write_sql(engine, &sql, &folder, report.name.clone(), &row_schema(report)).await?;
        sheets.push((report, folder.join(&file.path)));
    }
    let asks = |model: &&Model| {
        let is_other = |name: &String| task.parameters.get(name) != of_month.get(name);
        model.header.parameters.iter().any(|given| is_other(&given.name))
    };
    let (mut asking, mut plain) = (Vec::new(), Vec::new());
    for report in others {
        let is_asking = task.models.closure([report.name.as_str()])?.iter().any(asks);
        if is_asking && report.name != EXCEPTIONS_REPORT { asking.push(report) } else { plain.push(report) }
    }
    // What several of them read is made once.
    for model in task.models.closure(asking.iter().map(|report| report.name.as_str()))? {
        if !asking.iter().any(|report| report.name == model.name) {
            make_aside(&[model], &of_month, engine, &folder).await?;
            continue;
        }
        let file = write_model(model, &of_month, engine, &folder, model.name.clone()).await?;
        let path = folder.join(&file.path);
        engine.register_file(&model.name, &path, &row_schema(model))?;
        sheets.push((model, path));
    }
    for report in plain {
        if let Some(staged) = transformed.staged(&report.name, lake, run) {
            // The commit moves it away.
            let path = folder.join(format!("{}.parquet", report.name));
            std::fs::create_dir_all(&folder).map_err(|source| Error::io("create", &folder, source))?;
            std::fs::hard_link(&staged, &path).map_err(|source| Error::io("link", &staged, source))?;
            sheets.push((report, path));
        }
    }
    let totals = control_totals(&sheets, month, engine, &folder).await?;
    let named = sheets.into_iter().map(|(report, path)| (report.name.clone(), path));
    Ok(named.chain([(CONTROL_TOTALS.to_owned(), totals)]).collect())
}

/// Stages the checklist.
async fn checklist(
    month: NaiveDate,
    record: &RunRecord,
    transformed: &Transformed,
    engine: &Engine,
    lake: &Lake,
    run: &Run,
) -> Result<(String, PathBuf)> {
    let accepted = published_rows(lake, &ACCEPTANCES, &record.versions).await?;
    let folder = lake.staging(&run.id, "pack");
    let sheet = checklist::write(month, &transformed.check_rows(run), &accepted, engine, &folder).await?;
    Ok((CHECKLIST.to_owned(), sheet))
}

/// The first instant after a month.
fn cutoff(month: NaiveDate) -> ScalarValue {
    let instant = following(month).and_time(NaiveTime::MIN).and_utc().timestamp_micros();
    ScalarValue::TimestampMicrosecond(Some(instant), Some("UTC".into()))
}

/// Writes the sum of each money column of each sheet that may be added, by currency, and what each account of the journal comes
/// to with all that was posted until the end of the month.
async fn control_totals(
    sheets: &[(&Model, PathBuf)],
    month: NaiveDate,
    engine: &Engine,
    folder: &Path,
) -> Result<PathBuf> {
    let mut selects = Vec::new();
    for (report, path) in sheets {
        let table = format!("pack_{}", report.name);
        engine.register_file(&table, path, &row_schema(report))?;
        let is_added = |column: &&HeaderColumn| {
            column.unit.as_deref() == Some("currency") && !report.header.apart.contains(&column.name)
        };
        for column in report.header.columns.iter().filter(is_added) {
            selects.push(format!(
                "select '{}' as report, '{name}' as figure, currency, count(*) as rows, money_sum({name}) as total_amount \
                 from {table} group by currency",
                report.name,
                name = column.name
            ));
        }
    }
    let has_accounts = |report: &Model| {
        let columns = ["month", "account_name", "currency", "debit_amount", "credit_amount"];
        report.name == JOURNAL
            && columns.iter().all(|name| report.header.columns.iter().any(|column| column.name == *name))
    };
    if sheets.iter().any(|(report, _)| has_accounts(report)) {
        selects.push(format!(
            "select '{JOURNAL}' as report, 'balance of ' || account_name as figure, currency, count(*) as rows, \
             money_sum(coalesce(debit_amount, 0) - coalesce(credit_amount, 0)) as total_amount \
             from {JOURNAL} where month <= date '{month}' group by account_name, currency"
        ));
    }
    let schema = compare::fields(&[
        ("report", DataType::Utf8),
        ("figure", DataType::Utf8),
        ("currency", DataType::Utf8),
        ("rows", DataType::Int64),
        ("total_amount", DataType::Decimal128(38, 18)),
    ]);
    let sql = format!("{} order by report, figure, currency", selects.join(" union all "));
    let file = write_sql(engine, &sql, folder, CONTROL_TOTALS.to_owned(), &schema).await?;
    Ok(folder.join(&file.path))
}

/// Prints the pack beside its place.
async fn print_pack(
    files: Vec<(String, PathBuf)>,
    plan: &Plan<'_>,
    record: &RunRecord,
    month: NaiveDate,
    of_month: &Parameters,
    lake: &Lake,
    run: &Run,
) -> Result<(crate::place::artifacts::NextArtifacts, Manifest)> {
    let origin = DataOrigin::of_lake(lake, &record.versions).await?;
    let record = &RunRecord { parameters: of_month.texts.clone(), ..record.clone() };
    let made_from = report_records(plan, record)?;
    let sheet = |(name, path): (String, PathBuf)| {
        let made_from = made_from.get(&name).cloned().unwrap_or_default();
        Sheet { name, files: vec![path], made_from }
    };
    let manifest = Manifest {
        period: Some(name_of(month)),
        ..Manifest::of(record, origin.as_ref(), plan.settings, &plan.settings.closes.address())
    };
    let target = plan.settings.closes.below(&name_of(month));
    print_apart(&target, files.into_iter().map(sheet).collect(), manifest, plan.settings, run)
}

/// Adds the lines of journal entries up to this month that no close has posted to the table of those that were. How many there
/// are, and the version of the table if it has changed; none where no such report is made.
async fn post(
    month: NaiveDate,
    closes: &[Close],
    task: &Task<'_>,
    transformed: &Transformed,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
) -> Result<Option<(u64, Option<u64>)>> {
    let (Some(journal), Some(staged)) = (task.models.get(JOURNAL), transformed.staged(JOURNAL, lake, run)) else {
        return Ok(None);
    };
    let has = |name: &str| journal.header.columns.iter().any(|column| column.name == name);
    if !has("month") {
        return Ok(None);
    }
    engine.register_file("closing_journal", &staged, &row_schema(journal))?;
    let schema = records::schema(POSTINGS.columns);
    let columns = POSTINGS.columns.iter().map(|column| match column.name {
        "closed_run_id" => format!("'{}' as closed_run_id", run.id),
        name if !has(name) => format!("null as {name}"),
        name @ ("month" | "corrects_month") => format!("cast({name} as timestamp) as {name}"),
        name => name.to_owned(),
    });
    // What a close without postings had closed is posted with the first one that has some, as it was closed.
    let until = closes.iter().filter(|close| close.posted_lines.is_some()).map(|close| close.period).max();
    let sql = format!(
        "select {} from closing_journal where month <= date '{month}' and month > date '{}' \
         order by month, entry_id, line_number",
        columns.collect::<Vec<_>>().join(", "),
        until.map_or("0001-01-01".to_owned(), |month| month.to_string()),
    );
    let file = write_sql(engine, &sql, &lake.staging(&run.id, POSTINGS.name), run.id.clone(), &schema).await?;
    let lines = file.rows;
    if lines == 0 {
        return Ok(Some((0, None)));
    }
    let before = lake.table(POSTINGS.name, None).await?;
    let target = Target { table: POSTINGS.name, doc: POSTINGS.doc, schema: &schema };
    let change = Change { add: vec![file], remove: Vec::new() };
    let after = lake.commit(target, before.as_ref(), change, &run.id, run.started_at_millis).await?;
    Ok(Some((lines, Some(after.version))))
}

/// Adds the close to those that are published, and returns the table's version.
async fn record(
    manifest: &Manifest,
    posted_lines: Option<u64>,
    base: &RunRecord,
    next: &RunRecord,
    month: NaiveDate,
    lake: &Lake,
    run: &Run,
) -> Result<u64> {
    let json = |value: serde_json::Result<String>| {
        value.map(Some).map_err(|error| Error::failed(format!("the close cannot be written: {error}")))
    };
    // Not the workbook, whose bytes are those of a version of the library that writes it: its figures are those of the CSVs. Nor the
    // checklist: a later version asks for more.
    let sheets = manifest.artifacts.iter().filter(|(name, _)| name.ends_with(".csv") && !name.starts_with(CHECKLIST));
    let pack: BTreeMap<_, _> = sheets.map(|(name, artifact)| (name, &artifact.sha256)).collect();
    let mut rows = published_rows(lake, &CLOSES, &base.versions).await?;
    rows.push(vec![
        Some(month.to_string()),
        Some(run.started_at.clone()),
        Some(run.id.clone()),
        next.environment.clone(),
        json(serde_json::to_string(&manifest.parameters))?,
        json(serde_json::to_string(&next.versions))?,
        json(serde_json::to_string(&pack))?,
        Some(env!("CARGO_PKG_VERSION").to_owned()),
        posted_lines.map(|lines| lines.to_string()),
        None,
        None,
        None,
    ]);
    commit_rows(lake, &CLOSES, rows, true, &run.id, run.started_at_millis).await
}

/// Makes the pack of a closed month again, from what was pinned, and puts it in its place if it is the same.
async fn make_again(
    closed: &Close,
    before: Option<&Close>,
    settings: &Settings,
    models: &Models,
    lake: &Lake,
    run: &Run,
    summary: &mut Summary,
) -> Result<()> {
    let started = Instant::now();
    let by = GivenBy::Record("etl.closes".to_owned());
    let parameter =
        |(name, value): (&String, &String)| (name.clone(), Parameter { value: value.clone(), by: by.clone() });
    let settings = Settings { parameters: closed.parameters.iter().map(parameter).collect(), ..settings.clone() };
    let mut plan = Plan::new(&settings, Stage::Transform, false, models)?;
    let record = RunRecord {
        run_id: closed.run_id.clone(),
        started_at: closed.closed_at.clone(),
        stage: "close".to_owned(),
        status: "done".to_owned(),
        environment: closed.environment.clone(),
        parameters: closed.parameters.clone(),
        versions: closed.versions.clone(),
        ..RunRecord::default()
    };
    plan.resolve(lake, &record, closed.period).await?;
    let of_month = for_month(&plan.specs, &settings.parameters, closed.period)?;
    // The same bytes are to be shown, not taken.
    let task = Task { keeping: Keeping::Neither, is_read_on: true, ..plan.task(&closed.versions, before) };
    let mut engine = task.engine(lake, closed.versions.clone(), closed.environment.clone())?;
    let transformed = transform(&task, &mut engine, lake, run).await?;
    let mut files = cut_sheets(closed.period, &of_month, &task, &transformed, &mut engine, lake, run).await?;
    files.push(checklist(closed.period, &record, &transformed, &engine, lake, run).await?);
    let (pack, manifest) = print_pack(files, &plan, &record, closed.period, &of_month, lake, run).await?;
    let is_other = |(name, hash): &(&String, &String)| {
        manifest.artifacts.get(*name).is_none_or(|artifact| artifact.sha256 != **hash)
    };
    let others: Vec<_> = closed.pack.iter().filter(is_other).map(|(name, _)| name.as_str()).collect();
    let name = name_of(closed.period);
    if !others.is_empty() {
        return Err(Error::data(format!(
            "{name} was closed by run {} with other bytes in {}; the pack stays as it is",
            closed.run_id,
            others.join(", ")
        ))
        .hint(format!(
            "it was closed by version {} of etl; other SQL, [accounts], [dimensions] or [checks] than then give other bytes",
            closed.etl_version
        )));
    }
    pack.publish()?;
    summary.pack = Some(settings.closes.below(&name).to_string());
    summary.environment.clone_from(&closed.environment);
    "unchanged".clone_into(&mut summary.status);
    summary.receipts.push(manifest.receipt("close", &name, started, "closed before: made again, the same bytes"));
    Ok(())
}
