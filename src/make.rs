//! Runs queries: each once, as soon as what it reads is there, with as many at once as there are threads.
//!
//! What only other queries read stays in memory where it is small; a file is made of what is published or big. What a
//! header promises of rows is judged while they are made, not by queries of its own.

mod judge;
mod rows;
mod turns;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlan;
use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::debug;

use self::judge::Judge;
pub use self::judge::Verdict;
pub use self::rows::register;
use self::rows::{Sink, Taken};
pub use self::turns::{Fault, Turns};
use crate::engine::{Engine, arrow_type, precision};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::place::lake::DataFile;
use crate::place::results::Rows;
use crate::printer::progress;

/// The schema of a model's rows, descriptions included.
pub fn row_schema(model: &Model) -> SchemaRef {
    let fields = model.header.columns.iter().map(|column| {
        let unit = column.unit.as_ref().map_or(String::new(), |unit| format!(" [{unit}]"));
        let comment = [("comment".to_owned(), format!("{}{unit}", column.doc))].into();
        Field::new(&column.name, arrow_type(column.kind), true).with_metadata(comment)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// A model that is to be made.
pub struct Order {
    /// The model.
    pub model: Model,
    /// Where a file of its rows is put.
    pub folder: PathBuf,
    /// The file's name without what tells its bytes apart.
    pub file_stem: String,
    /// Whether there is to be a file however few the rows are.
    pub is_kept: bool,
    /// Whether what the header says of rows is judged.
    pub is_judged: bool,
    /// The parts that it is made of one by one; none where it is made at once.
    pub parts: Vec<Part>,
}

/// Some files of a table, and what a model comes to by them.
#[derive(Debug, Clone)]
pub struct Part {
    /// What tells it from others.
    pub name: String,
    /// The table, by qualified name.
    pub table: String,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The rows, where they are there already.
    pub kept: Option<Rows>,
}

/// What was newly made of a part.
pub struct MadePart {
    /// What tells it from others.
    pub name: String,
    /// The file, if one was made, in the order's folder.
    pub file: Option<DataFile>,
    /// The rows, if none was.
    pub held: Option<Vec<RecordBatch>>,
}

/// A model whose rows are there, readable under its name.
pub struct Made {
    /// Its name.
    pub name: String,
    /// How many rows it has.
    pub rows: u64,
    /// The file, if one was made.
    pub file: Option<DataFile>,
    /// The rows, if none was.
    pub held: Option<Vec<RecordBatch>>,
    /// The parts that were made for it.
    pub parts: Vec<MadePart>,
    /// What was found of the header's promises, where that was asked for.
    pub verdict: Verdict,
    /// How long it took, what it read being there.
    pub took: Duration,
}

/// Makes models, given each behind what it reads, and lets others read them under their names: most of staging as views, the
/// rest as rows. Returns those made, in the order given.
///
/// One that finds too little memory beside others is made again alone, in one part.
///
/// # Errors
/// Usage (exit 2) when a model is not as it must be; failed or damaged (exit 5) when a query fails. The first in the order
/// given; no other is begun then.
pub async fn make_all(
    orders: Vec<Order>,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &mut Engine,
) -> Result<Vec<Made>> {
    for order in &orders {
        engine.provide(&order.model.reads).await?;
    }
    let turns = Turns::of(engine);
    let is_stopped = Arc::new(AtomicBool::new(false));
    let parameters = Arc::new(parameters.clone());
    let mut begun: HashMap<String, watch::Receiver<bool>> = HashMap::new();
    let mut tasks = JoinSet::new();
    for (place, order) in orders.into_iter().enumerate() {
        let reads = order.model.reads.iter().filter(|(schema, _)| schema.is_none());
        let waits: Vec<_> = reads.filter_map(|(_, name)| begun.get(name).cloned()).collect();
        let (tell, is_there) = watch::channel(false);
        begun.insert(order.model.name.clone(), is_there);
        let (turns, is_stopped, parameters) = (turns.clone(), is_stopped.clone(), parameters.clone());
        let engine = engine.clone();
        tasks.spawn(async move {
            for mut wait in waits {
                // Nobody tells of a model that failed.
                if wait.wait_for(|is_there| *is_there).await.is_err() {
                    return (place, Ok(None));
                }
            }
            let (wanted, given, stopped) = (&order, &*parameters, &*is_stopped);
            let work = |engine| async move {
                match stopped.load(Ordering::Relaxed) {
                    true => Ok(None),
                    false => make(wanted, given, &engine).await,
                }
            };
            let made = turns.take(&engine, &order.model.file, work).await;
            match &made {
                Err(_) => is_stopped.store(true, Ordering::Relaxed),
                // Nothing is begun any more, so nobody is told.
                Ok(_) if is_stopped.load(Ordering::Relaxed) => {}
                Ok(_) => drop(tell.send(true)),
            }
            (place, made)
        });
    }
    let mut done = BTreeMap::new();
    while let Some(joined) = tasks.join_next().await {
        let (place, made) = joined.map_err(|error| Error::failed(format!("a query broke off: {error}")))?;
        done.insert(place, made);
    }
    done.into_values().filter_map(Result::transpose).collect()
}

/// Makes models for a query, as [`make_all`] does; files are made in a folder that the caller removes.
///
/// # Errors
/// As [`make_all`].
pub async fn make_aside(
    models: &[&Model],
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &mut Engine,
    folder: &Path,
) -> Result<()> {
    let order = |model: &&Model| Order {
        model: (*model).clone(),
        folder: folder.to_owned(),
        file_stem: model.name.clone(),
        is_kept: false,
        is_judged: false,
        parts: Vec::new(),
    };
    make_all(models.iter().map(order).collect(), parameters, engine).await.map(|_| ())
}

async fn make(
    order: &Order,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
) -> std::result::Result<Option<Made>, Fault> {
    let model = &order.model;
    if model.is_view() {
        engine.add_view(model, parameters).await?;
        return Ok(None);
    }
    let started = Instant::now();
    let schema = row_schema(model);
    let mut judge = order.is_judged.then(|| Judge::of(model, &schema, engine));
    let mut sink = Sink::new(&order.folder, &order.file_stem, &schema, order.is_kept)?;
    let mut parts = Vec::new();
    if order.parts.is_empty() {
        let plan = engine.plan_model(model, parameters).await?;
        run(plan, engine, &model.file, &schema, &mut sink, judge.as_mut()).await?;
    }
    for part in &order.parts {
        let made = match &part.kept {
            Some(rows) => rows.clone(),
            None => {
                let (rows, made) = make_part(part, order, parameters, engine, &schema).await?;
                parts.push(made);
                rows
            }
        };
        if let Some(judge) = &mut judge {
            judge.begin_part();
        }
        for batch in made.batches()? {
            let batch = batch?;
            if let Some(judge) = &mut judge {
                judge.see(&batch)?;
            }
            sink.take(batch)?;
        }
    }
    let result = sink.finish()?;
    register(&result.rows(&order.folder), engine, &model.name, &schema)?;
    let milliseconds = started.elapsed().as_millis() as u64;
    debug!(model = model.name, rows = result.count, milliseconds, "made {}", model.name);
    progress::done(&model.name);
    Ok(Some(Made {
        name: model.name.clone(),
        rows: result.count,
        held: result.held.filter(|_| result.file.is_none()),
        parts,
        file: result.file,
        verdict: judge.map(|judge| judge.verdict()).unwrap_or_default(),
        took: started.elapsed(),
    }))
}

/// Makes what a model comes to by some files, and returns the rows beside what is told of them.
async fn make_part(
    part: &Part,
    order: &Order,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
    schema: &SchemaRef,
) -> std::result::Result<(Rows, MadePart), Fault> {
    let plan = engine.plan_part(&order.model, parameters, &part.table, &part.files).await?;
    let stem = format!("{}-{}", part.name, order.file_stem);
    let mut sink = Sink::new(&order.folder, &stem, schema, false)?;
    run(plan, engine, &order.model.file, schema, &mut sink, None).await?;
    let result = sink.finish()?;
    let rows = result.rows(&order.folder);
    let Taken { file, held, .. } = result;
    Ok((rows, MadePart { name: part.name.clone(), held: held.filter(|_| file.is_none()), file }))
}

/// Writes the rows of a model to a file in this folder, in the order of its query.
///
/// # Errors
/// As [`make_all`].
pub async fn write_model(
    model: &Model,
    parameters: &BTreeMap<String, ScalarValue>,
    engine: &Engine,
    folder: &Path,
    file_stem: String,
) -> Result<DataFile> {
    let plan = engine.plan_model(model, parameters).await?;
    write_plan(plan, &model.file, engine, folder, &file_stem, &row_schema(model)).await
}

/// Writes the rows of a query of our own to a file in this folder, in its order.
///
/// # Errors
/// Failed when it cannot be planned or fails.
pub async fn write_sql(
    engine: &Engine,
    sql: &str,
    folder: &Path,
    file_stem: String,
    schema: &SchemaRef,
) -> Result<DataFile> {
    let failed = |error: DataFusionError| Fault::Query(error).told(engine, &file_stem);
    let plan = engine.plan(sql).await.map_err(failed)?;
    write_plan(plan, &file_stem, engine, folder, &file_stem, schema).await
}

async fn write_plan(
    plan: LogicalPlan,
    what: &str,
    engine: &Engine,
    folder: &Path,
    file_stem: &str,
    schema: &SchemaRef,
) -> Result<DataFile> {
    let mut rows = Sink::new(folder, file_stem, schema, true)?;
    run(plan, engine, what, schema, &mut rows, None).await.map_err(|fault| fault.told(engine, what))?;
    rows.finish()?.file.ok_or_else(|| Error::failed(format!("{what}: no file was made of its rows")))
}

/// Runs a plan and takes its rows in; of one that fails no file is left behind.
async fn run(
    plan: LogicalPlan,
    engine: &Engine,
    what: &str,
    schema: &SchemaRef,
    rows: &mut Sink,
    mut judge: Option<&mut Judge>,
) -> std::result::Result<(), Fault> {
    let work = async {
        let mut batches = engine.execute(&plan).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch?;
            precision::check(&batch).map_err(|error| Error::failed(format!("{what}: {error}")))?;
            let batch = rows::conform(&batch, schema)?;
            if let Some(judge) = &mut judge {
                judge.see(&batch)?;
            }
            rows.take(batch)?;
        }
        Ok(())
    };
    let done = work.await;
    if done.is_err() {
        rows.discard();
    }
    done
}
