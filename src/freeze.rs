//! Closed months stay as they were closed: what a report says of them is taken from the close, and what it would say by now is
//! written down as a restatement in the month that is open.
//!
//! All of it is SQL written from headers. For every figure of a closed month: closed + restated before + restated now = as it
//! would be by now. A figure that moves again is restated again; one restated in a month that has been closed since counts
//! as booked there.

use std::collections::BTreeMap;

use crate::catalog::runs::RESTATEMENTS;
use crate::closes::Close;
use crate::compare;
use crate::engine::Engine;
use crate::error::Result;
use crate::make::{row_schema, write_sql};
use crate::model::{Grain, Model};
use crate::place::lake::{DataFile, Lake};
use crate::place::records;
use crate::run::Run;
use crate::task::{Task, mart_table};

/// What was made of one report, or of all.
pub struct Frozen {
    /// The report's rows, those of closed months as they were closed.
    pub reports: BTreeMap<String, DataFile>,
    /// The rows of etl.restatements.
    pub restatements: DataFile,
}

/// Puts the closed months of these reports in the place of what was made, and writes what moved to a staged file of
/// etl.restatements. `reports` are made and readable under their names.
///
/// # Errors
/// Failed or damaged (exit 5) when a query fails.
pub async fn freeze(
    reports: &[&Model],
    close: &Close,
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
) -> Result<Frozen> {
    let mut done = BTreeMap::new();
    let (mut sides, mut compared) = (Vec::new(), Vec::new());
    let day = close.period;
    for report in reports {
        let (Some(period), Grain::Columns(grain)) = (&report.header.period, &report.header.grain) else { continue };
        let closed = format!("closed_{}", report.name);
        let version = close.versions.get(&mart_table(&report.name)).copied();
        if compare::open(engine, lake, report, version, &closed).await?.is_none() {
            continue;
        }
        let columns = report.header.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        let sql = format!(
            "select {columns} from {closed} where {period} <= date '{day}' union all \
             select {columns} from {name} where {period} > date '{day}' or {period} is null order by {grain}",
            name = report.name,
            grain = grain.join(", ")
        );
        let staging = lake.staging(&run.id, &mart_table(&report.name));
        let file = write_sql(engine, &sql, &staging, format!("{}-closed", run.id), &row_schema(report)).await?;
        done.insert(report.name.clone(), file);
        compared.push(report.name.as_str());
        let filter = format!("{period} <= date '{day}'");
        sides.extend(compare::sides(report, &closed, &report.name, &filter, compare::BY_KEY));
    }
    let restatements = restate(&sides, &compared, close, task, engine, lake, run).await?;
    Ok(Frozen { reports: done, restatements })
}

/// Writes the rows of etl.restatements: those booked in closed months, and what is to be booked in the open one. `compared` are
/// the reports that `sides` are of.
async fn restate(
    sides: &[String],
    compared: &[&str],
    close: &Close,
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    run: &Run,
) -> Result<DataFile> {
    let schema = records::schema(RESTATEMENTS.columns);
    for (name, version) in [
        ("booked_restatements", close.versions.get(RESTATEMENTS.name)),
        ("last_restatements", task.versions.get(RESTATEMENTS.name)),
    ] {
        match version {
            Some(version) => {
                let state = lake.table(RESTATEMENTS.name, Some(*version)).await?;
                let state = state.ok_or_else(|| crate::place::lake::damaged(RESTATEMENTS.name, "it is gone"))?;
                engine.register_files(name, state, &schema)?;
            }
            None => engine.register_empty(name, &schema)?,
        }
    }
    let staging = lake.staging(&run.id, RESTATEMENTS.name);
    let day = close.period;
    let made = match compared {
        [] => "''".to_owned(),
        some => some.iter().map(|report| format!("'{report}'")).collect::<Vec<_>>().join(", "),
    };
    // What is booked; and what was last found of reports that are not made now.
    let kept = format!(
        "select * from booked_restatements where cast(booked_month as date) <= date '{day}' union all \
         select * from last_restatements where cast(booked_month as date) > date '{day}' and report not in ({made})"
    );
    if sides.is_empty() {
        return write_sql(engine, &kept, &staging, run.id.clone(), &schema).await;
    }
    // A row that came and was booked may be gone again: it is in neither state of the report.
    let moved = format!(
        "with sides as ({sides}), \
        booked as ( \
            select report, row_key, figure, max(customer_id) as customer_id, max(currency) as currency, \
                cast(max(period) as date) as period, money_sum(difference_amount) as amount \
            from booked_restatements \
            where cast(booked_month as date) <= date '{day}' and report in ({made}) group by report, row_key, figure \
        ), \
        standing as ( \
            select \
                coalesce(sides.report, booked.report) as report, coalesce(sides.row_key, booked.row_key) as row_key, \
                coalesce(sides.customer_id, booked.customer_id) as customer_id, sides.owned_id, \
                coalesce(sides.currency, booked.currency) as currency, coalesce(sides.period, booked.period) as period, \
                coalesce(sides.is_of_all, booked.customer_id is null) as is_of_all, \
                coalesce(sides.figure, booked.figure) as figure, \
                case when old_amount is null then booked.amount else old_amount + coalesce(booked.amount, 0) end as old_now, \
                new_amount \
            from sides full join booked on sides.report = booked.report and sides.row_key = booked.row_key \
                and sides.figure = booked.figure \
        ) \
        select report, row_key, customer_id, owned_id, currency, period, is_of_all, figure, old_now as old_amount, new_amount \
        from standing where coalesce(old_now, 0) <> coalesce(new_amount, 0)",
        sides = sides.join(" union all "),
    );
    let folder = lake.staging(&run.id, "restated");
    let moved = write_sql(engine, &moved, &folder, "moved".to_owned(), &compare::movements()).await?;
    engine.register_file("moved", &folder.join(&moved.path), &compare::movements())?;
    if moved.rows > 0 {
        compare::find_causes(engine, [&close.versions, task.versions], task, lake, &folder).await?;
    } else {
        compare::no_causes(engine)?;
    }
    let sql = format!(
        "with named as ( \
            select moved.*, coalesce(moved.customer_id, owners.customer_id) as payer, \
                md5(moved.report || '/' || moved.row_key || '/' || moved.figure || '/{open}') as restatement_id \
            from moved left join owners on moved.owned_id = owners.owned_id \
        ), \
        linked as ( \
            select named.restatement_id, named.period, causes.month, \
                case when causes.month = named.period then '' else 'of ' || substr(cast(causes.month as varchar), 1, 7) || ' ' end \
                    || causes.cause as cause \
            from named inner join causes on (named.payer is not distinct from causes.customer_id) \
                and named.is_of_all = causes.is_of_all \
        ), \
        told as ( \
            select restatement_id, coalesce( \
                string_agg(cause, '; ' order by month, cause) filter (where month <= period), \
                string_agg(cause, '; ' order by month, cause) filter (where month > period) \
            ) as cause \
            from linked group by restatement_id \
        ), \
        moving as ( \
            select named.restatement_id, named.report, named.row_key, named.payer as customer_id, named.currency, named.figure, \
                cast(named.period as timestamp) as period, cast('{open}' as timestamp) as booked_month, named.old_amount, named.new_amount, \
                coalesce(named.new_amount, 0) - coalesce(named.old_amount, 0) as difference_amount, \
                coalesce(told.cause, 'no row of its customer: settings, SQL, or data of others') as cause \
            from named left join told on named.restatement_id = told.restatement_id \
        ) \
        select restatement_id, report, row_key, customer_id, currency, figure, period, booked_month, old_amount, new_amount, \
            difference_amount, cause, closed_run_id, run_id \
        from ({kept}) \
        union all \
        select moving.restatement_id, moving.report, moving.row_key, moving.customer_id, moving.currency, moving.figure, \
            moving.period, moving.booked_month, moving.old_amount, moving.new_amount, moving.difference_amount, \
            coalesce(last.cause, moving.cause), '{closed_run}', coalesce(last.run_id, '{run}') \
        from moving left join last_restatements as last on moving.restatement_id = last.restatement_id \
            and (moving.new_amount is not distinct from last.new_amount) \
            and (moving.old_amount is not distinct from last.old_amount) \
        order by booked_month, report, row_key, figure",
        open = close.open_month(),
        closed_run = close.run_id,
        run = run.id,
    );
    write_sql(engine, &sql, &staging, run.id.clone(), &schema).await
}
