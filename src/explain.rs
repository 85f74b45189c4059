//! Walks rows of a published report down to what they were made from: model by model to staging, and from there to the
//! file and row, or the answer, that brought each.
//!
//! Everything is read as it was when the report was made: the same versions, environment and parameters. Nothing is
//! written but the models made aside for it. Which rows of a model belong to the walk is told by the queries themselves
//! (`lineage`); where a query does not tell, by the ids found so far. This module knows no report by name, and of columns
//! that ids end in `_id`, that `currency` is no id, and which two ids have parts.

pub mod key;
mod lineage;
mod origin;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use datafusion::common::ScalarValue;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::{conjunction, disjunction};
use datafusion::logical_expr::{Expr, LogicalPlan, lit};
use datafusion::prelude::DataFrame;
use futures::StreamExt;
use tracing::debug;

use crate::engine::parameters::missing;
use crate::engine::{CURRENT, Engine};
use crate::error::Result;
use crate::make::{make_aside, row_schema};
use crate::model::{Layer, Model, Models};
use crate::place::lake::TableState;
use crate::printer::explanation::{Explanation, Origin, Source, Step};
use crate::printer::json_of_row;
use crate::run::ReportRecord;
use key::Key;
use lineage::Joined;
use rows::Values;

/// What has parts of its own to show: an invoice its lines, a line its sub lines.
const PARTED: [&str; 2] = ["invoice_id", "line_item_id"];

/// What is explained, and how much of it is shown.
pub struct Question<'a> {
    /// The report.
    pub report: &'a Model,
    /// Its rows.
    pub key: &'a Key,
    /// Rows to show of each step.
    pub limit: usize,
}

/// What an explanation is made from.
pub struct Ground<'a> {
    /// All models.
    pub models: &'a Models,
    /// What the report was made from.
    pub record: &'a ReportRecord,
    /// The report as it was published.
    pub published: TableState,
    /// The parameters it was made with, by type.
    pub parameters: &'a BTreeMap<String, ScalarValue>,
    /// A session over the tables it was made from.
    pub engine: Engine,
    /// A session over no table, to plan queries in.
    pub planner: Engine,
    /// Where models are made aside; the caller removes it.
    pub aside: &'a Path,
}

/// Explains rows of a report.
///
/// # Errors
/// Usage (exit 2) when the key names no column or finds no row, and says what is near; damaged (exit 5) when the lake
/// cannot be read; failed when a query fails.
pub async fn explain(question: &Question<'_>, ground: Ground<'_>) -> Result<Explanation> {
    let (report, key) = (question.report, question.key);
    let asked = conjunction(key.conditions(report)?);
    let mut walk = Walk::begin(question, ground, asked).await?;
    for model in walk.order()? {
        walk.step(model).await?;
    }
    walk.add_parts_of_invoices().await?;
    let mut sources: Vec<_> = walk.sources.into_values().collect();
    origin::add_requests(&mut walk.ground.engine, &mut sources).await?;
    let record = walk.ground.record;
    Ok(Explanation {
        report: report.name.clone(),
        key: key.to_string(),
        asked: key.pairs().to_vec(),
        run_id: record.run_id.clone(),
        environment: record.environment.clone(),
        parameters: record.parameters.clone(),
        is_made_again: walk.is_made_again,
        steps: walk.steps,
        sources,
    })
}

struct Walk<'a> {
    question: &'a Question<'a>,
    ground: Ground<'a>,
    /// The plan of every model, what it reads standing for itself.
    plans: BTreeMap<String, LogicalPlan>,
    /// What readers have to do with each model: its rows of which this holds, or any.
    parts: BTreeMap<String, Vec<Option<Expr>>>,
    /// Columns known so far, and the values they may have.
    known: BTreeMap<String, Expr>,
    /// Invoices and lines found in staging, by the schema of their table and their id.
    wholes: BTreeMap<(&'static str, &'static str), Expr>,
    is_made_again: bool,
    steps: Vec<Step>,
    sources: BTreeMap<(String, u64, Option<String>), Source>,
}

impl<'a> Walk<'a> {
    /// Makes everything the report reads, and finds its published rows.
    async fn begin(question: &'a Question<'a>, mut ground: Ground<'a>, asked: Option<Expr>) -> Result<Self> {
        let report = question.report;
        let chosen = |rows: DataFrame| asked.iter().cloned().try_fold(rows, DataFrame::filter);
        let published = ground.published.clone();
        ground.engine.register_files(&report.name, published.clone(), &row_schema(report))?;
        let engine = &ground.engine;
        let rows = table(engine, report).await?;
        // Before anything is made: a misspelt key is to be told at once.
        let as_published = texts(engine, report, chosen(rows.clone())).await?;
        if as_published.is_empty() {
            return Err(question.key.refuse(report, rows, engine).await);
        }
        let closure = ground.models.closure([report.name.as_str()])?;
        make_aside(&closure, ground.parameters, &mut ground.engine, ground.aside).await?;
        let engine = &ground.engine;
        let made_again = texts(engine, report, chosen(table(engine, report).await?)).await?;
        ground.engine.register_files(&report.name, published, &row_schema(report))?;
        let mut plans = BTreeMap::new();
        for model in &closure {
            plans.insert(model.name.clone(), ground.planner.stand_in(model, ground.parameters).await?);
        }
        let parts = asked.into_iter().map(|asked| (report.name.clone(), vec![Some(asked)])).collect();
        Ok(Self {
            question,
            ground,
            plans,
            parts,
            known: BTreeMap::new(),
            wholes: BTreeMap::new(),
            is_made_again: made_again == as_published,
            steps: Vec::new(),
            sources: BTreeMap::new(),
        })
    }

    /// The report and all it reads, each model behind its readers, staging last.
    fn order(&self) -> Result<Vec<&'a Model>> {
        let mut models = self.ground.models.closure([self.question.report.name.as_str()])?;
        models.reverse();
        let mut depths: BTreeMap<&str, usize> = BTreeMap::new();
        for model in &models {
            let below = depths.get(model.name.as_str()).copied().unwrap_or_default() + 1;
            for (_, read) in model.reads.iter().filter(|(schema, _)| schema.is_none()) {
                let depth = depths.entry(read).or_default();
                *depth = below.max(*depth);
            }
        }
        models.sort_by_key(|model| (model.layer == Layer::Staging, depths.get(model.name.as_str()).copied()));
        Ok(models)
    }

    /// Finds the rows of one model, and what they have to do with what it reads.
    async fn step(&mut self, model: &'a Model) -> Result<()> {
        let parts = self.parts.remove(&model.name).unwrap_or_default();
        let told = disjunction(parts.iter().flatten().cloned());
        let condition = if parts.is_empty() { None } else { told.or_else(|| rows::shared(model, &self.known)) };
        match condition {
            Some(condition) => {
                let values = self.add_step(model, condition, true).await?;
                if let Some(values) = values {
                    values.tell(&mut self.known);
                    self.pass_on(model, values.condition().as_ref()).await?;
                }
            }
            None => {
                let mut step = empty_step(model);
                // Without a part no row of its readers was made from it.
                if !parts.is_empty() {
                    let engine = &self.ground.engine;
                    let all = table(engine, model).await?;
                    step.total_rows =
                        all.count().await.map_err(|error| engine.query_failed(&model.file, &error))? as u64;
                    self.pass_on(model, None).await?;
                }
                self.steps.push(step);
            }
        }
        Ok(())
    }

    /// Adds the rows of a model that fulfil a condition; gives their values where there are any.
    async fn add_step(&mut self, model: &'a Model, condition: Expr, is_read: bool) -> Result<Option<Values>> {
        let engine = &self.ground.engine;
        let failed = |error: DataFusionError| engine.query_failed(&model.file, &error);
        let (all, origin) = self.rows_of(model).await?;
        let used: BTreeSet<_> = condition.column_refs().into_iter().map(|column| column.name.clone()).collect();
        let names = model.header.columns.iter().map(|column| &column.name);
        let found_by = names.filter(|name| used.contains(*name)).cloned().collect();
        let chosen = all.filter(condition).map_err(failed)?;
        let key: Vec<_> = self.question.key.columns().collect();
        let found = rows::read(engine, model, chosen.clone(), self.question.limit, &key).await?;
        let mut step = Step { total_rows: found.total, found_by, origin, is_read, ..empty_step(model) };
        if found.total > 0 {
            step.sums = rows::sums(engine, model, &chosen).await?;
            origin::sources(&found.shown, &mut self.sources)?;
            self.note_wholes(model, &found.values);
        }
        step.rows = Some(found.shown);
        self.steps.push(step);
        Ok(Some(found.values).filter(|_| found.total > 0))
    }

    fn note_wholes(&mut self, model: &Model, values: &Values) {
        let Some(schema) = schema_of(model) else { return };
        for id in PARTED.into_iter().filter(|id| rows::is_unique_by(model, id)) {
            if let Some(named) = values.named(id) {
                let whole = self.wholes.entry((schema, id)).or_insert_with(|| lit(false));
                *whole = whole.clone().or(named);
            }
        }
    }

    /// The rows of a model, those of staging with where they came from, and what can be told of that.
    async fn rows_of(&self, model: &Model) -> Result<(DataFrame, Option<Origin>)> {
        let (engine, parameters) = (&self.ground.engine, self.ground.parameters);
        let failed = |error: DataFusionError| engine.query_failed(&model.file, &error);
        if model.layer != Layer::Staging {
            return Ok((table(engine, model).await?, None));
        }
        if schema_of(model).is_none() {
            return Ok((table(engine, model).await?, Some(Origin::Tool)));
        }
        let plan = engine.plan_model(model, parameters).await?;
        match origin::with_origin(&plan).map_err(failed)? {
            Some(plan) => {
                Ok((engine.context.execute_logical_plan(plan).await.map_err(failed)?, Some(Origin::Delivered)))
            }
            None => Ok((table(engine, model).await?, Some(Origin::Unknown))),
        }
    }

    /// Notes what rows of a model have to do with what it reads; no condition stands for all of them.
    async fn pass_on(&mut self, model: &'a Model, condition: Option<&Expr>) -> Result<()> {
        let Some(plan) = self.plans.get(&model.name).filter(|_| model.layer != Layer::Staging) else { return Ok(()) };
        let reads = model.reads.iter().filter(|(schema, _)| schema.is_none());
        let reads: Vec<_> = reads.filter_map(|(_, name)| self.ground.models.get(name)).collect();
        let told = condition.and_then(|condition| {
            lineage::parts(&self.ground.planner.context.state(), plan, condition)
                .inspect_err(|error| debug!("{}: {error}", model.name))
                .ok()
        });
        let mut noted = Vec::new();
        for read in reads {
            let condition = match &told {
                None => None,
                Some(told) => match told.get(&read.name) {
                    None => continue,
                    Some(part) => {
                        let mut conditions: Vec<_> = part.told.clone().into_iter().collect();
                        for joined in &part.joined {
                            conditions.extend(self.joined(joined).await?);
                        }
                        disjunction(conditions)
                    }
                },
            };
            noted.push((read.name.clone(), condition));
        }
        for (name, condition) in noted {
            self.parts.entry(name).or_default().push(condition);
        }
        Ok(())
    }

    /// The rows that are joined to rows that are known; nothing where these have too many values.
    async fn joined(&self, joined: &Joined) -> Result<Option<Expr>> {
        let mut keys = Vec::new();
        for key in &joined.keys {
            keys.extend(rows::among(&self.ground.engine, key).await?);
        }
        Ok(conjunction(keys).map(|keys| joined.demanded.iter().fold(keys, |keys, demanded| keys.and(demanded.clone()))))
    }

    /// Adds the lines of invoices and their like where the report does not read them: it adds up invoices, and whoever
    /// asks where an invoice comes from wants to see them. Only of the channel whose rows the report was made from.
    async fn add_parts_of_invoices(&mut self) -> Result<()> {
        for id in PARTED {
            let models = self.ground.models;
            for model in models.iter().filter(|model| model.layer == Layer::Staging) {
                let is_done = self.steps.iter().any(|step| step.model == model.name);
                let whole = schema_of(model).and_then(|schema| self.wholes.get(&(schema, id)).cloned());
                if let Some(condition) = whole.filter(|_| !is_done && rows::is_part(model, id))
                    && missing(model, self.ground.parameters).is_empty()
                {
                    self.ground.engine.add_models(&[model], self.ground.parameters).await?;
                    if self.add_step(model, condition, false).await?.is_none() {
                        self.steps.pop();
                    }
                }
            }
        }
        Ok(())
    }
}

/// What stands under the name of a model.
async fn table(engine: &Engine, model: &Model) -> Result<DataFrame> {
    engine.context.table(model.name.as_str()).await.map_err(|error| engine.query_failed(&model.file, &error))
}

/// The schema that a staging model's table was delivered to; none for settings and runs.
fn schema_of(model: &Model) -> Option<&'static str> {
    match model.reads.iter().next()?.0.as_deref()? {
        CURRENT | "egress" => Some("egress"),
        "books" => Some("books"),
        "api" => Some("api"),
        _ => None,
    }
}

fn empty_step(model: &Model) -> Step {
    Step {
        model: model.name.clone(),
        layer: layer_name(model.layer),
        title: model.header.title.clone(),
        is_read: true,
        rows: None,
        total_rows: 0,
        found_by: Vec::new(),
        sums: Vec::new(),
        origin: None,
    }
}

/// Rows as texts, sorted: equal where the rows are, whatever their order.
async fn texts(
    engine: &Engine,
    model: &Model,
    rows: std::result::Result<DataFrame, DataFusionError>,
) -> Result<Vec<String>> {
    let failed = |error: DataFusionError| engine.query_failed(&model.file, &error);
    let mut batches = rows.map_err(failed)?.execute_stream().await.map_err(failed)?;
    let mut texts = Vec::new();
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(failed)?;
        for row in 0..batch.num_rows() {
            texts.push(json_of_row(&batch, row)?);
        }
    }
    texts.sort();
    Ok(texts)
}

fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Staging => "staging",
        Layer::Intermediate => "intermediate",
        Layer::Marts => "marts",
        Layer::Checks => "checks",
    }
}
