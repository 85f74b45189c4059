//! The only code that makes a DataFusion session: its options, its tables, its models.
//!
//! A session sees the lake at fixed versions: `egress.NAME` holds every row that is kept, `current.NAME` the rows of one
//! environment and, for snapshot tables, of the newest complete snapshot; models stand under their bare names and the
//! run tables under `etl.NAME`. Only what a query reads is opened.

mod empty;
pub mod functions;
#[cfg(test)]
mod joins;
pub mod lint;
pub mod parameters;
mod pool;
pub mod precision;
mod sides;
mod small;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use datafusion::catalog::default_table_source::provider_as_source;
use datafusion::catalog::memory::MemorySchemaProvider;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::config::SpillCompression;
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, ParamValues, ScalarValue, TableReference, ToDFSchema};
use datafusion::datasource::MemTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::view::ViewTable;
use datafusion::error::DataFusionError;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionState, TaskContext};
use datafusion::logical_expr::{EmptyRelation, LogicalPlan, LogicalPlanBuilder, col};
use datafusion::optimizer::simplify_expressions::{ExprSimplifier, SimplifyContext};
use datafusion::physical_plan::{PhysicalExpr, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use url::Url;

use self::pool::Pool;
use crate::catalog::runs::{RUN_TABLES, RUNS};
use crate::catalog::settings::SETTING_TABLES;
use crate::catalog::{self, Class, Table};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{HeaderColumn, Layer, Model, SqlType};
use crate::place::lake::{Lake, TableState};
use crate::place::{real, records};

/// The schema of tables restricted to one environment and the newest complete snapshot.
pub const CURRENT: &str = "current";

/// How much of the memory that a process is to take queries may ask the pool for. Windows, buffers of files, and rows that are held
/// between queries are counted by no pool: the rest is theirs.
const COUNTED_EIGHTHS: usize = 5;

/// A session over the lake at fixed versions. A clone is the same session: what is registered in one is read in the other.
#[derive(Clone)]
pub struct Engine {
    /// The DataFusion session.
    pub context: SessionContext,
    /// The same for queries over little data.
    small: Arc<SessionState>,
    /// The same for queries that are to take little memory.
    narrow: Option<Arc<SessionState>>,
    lake: Lake,
    versions: BTreeMap<String, u64>,
    environment: Option<String>,
    settings: BTreeMap<&'static str, RecordBatch>,
    provided: BTreeSet<(String, String)>,
    states: Vec<TableState>,
}

impl Engine {
    /// A session that sees `versions` of the lake's tables; tables without a version are empty.
    ///
    /// # Errors
    /// Failed when DataFusion refuses the options.
    pub fn new(
        lake: &Lake,
        versions: BTreeMap<String, u64>,
        environment: Option<String>,
        threads: usize,
        memory_bytes: usize,
    ) -> Result<Self> {
        let mut config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_information_schema(true)
            .with_default_catalog_and_schema("lake", "reports");
        let options = config.options_mut();
        options.sql_parser.parse_float_as_decimal = true;
        options.execution.time_zone = Some("UTC".to_owned());
        options.execution.parquet.pushdown_filters = true;
        // Version 55 takes a column that has been null so far for one that no row can better: `select min(a), min(b)` loses b.
        options.optimizer.enable_dynamic_filter_pushdown = false;
        options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
        options.optimizer.enable_join_dynamic_filter_pushdown = false;
        options.optimizer.enable_topk_dynamic_filter_pushdown = false;
        // No views of text: sorts count and keep the whole buffer that each value is a part of, and find too little memory.
        options.execution.parquet.schema_force_view_types = false;
        // Of a union of which a branch is known to be empty DataFusion 55 forgets what it says of its columns beside their types, and
        // then refuses to sum it up: `select distinct` over the API's and the export's rows failed where one channel has none.
        options.execution.skip_physical_aggregate_schema_check = true;
        options.sql_parser.map_string_types_to_utf8view = false;
        // Held back by each sort for merging what it spilled: a report can have dozens of sorts, which share the limit.
        options.execution.sort_spill_reservation_bytes = 1 << 20;
        options.execution.spill_compression = SpillCompression::Lz4Frame;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(Pool::new(memory_bytes / 8 * COUNTED_EIGHTHS)))
            .build_arc()
            .map_err(|error| Error::failed(format!("the query engine cannot start: {error}")))?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        functions::register(&context);
        if let Some(files) = lake.copied_files() {
            let here = Url::parse("file:///").map_err(|error| Error::failed(error.to_string()))?;
            context.runtime_env().register_object_store(&here, Arc::new(files));
        }
        let context = SessionContext::new_with_state(sides::judged(empty::cut_off_first(context.state())));
        let small = Arc::new(small::state_for_small(context.state()));
        let engine = Self {
            context,
            small,
            narrow: None,
            lake: lake.clone(),
            versions,
            environment,
            settings: BTreeMap::new(),
            provided: BTreeSet::new(),
            states: Vec::new(),
        };
        for schema in ["egress", "books", "api", "raw", CURRENT, "etl", "settings"] {
            engine.schema(schema)?;
        }
        Ok(engine)
    }

    /// The same session, in which plans are optimised in one pass and not in up to three. Planning is most of what a run on little
    /// data does; every built-in model and check is written so that one pass is enough, and is made in many a test. Queries of
    /// others, with subqueries in subqueries, may need more.
    #[must_use]
    pub fn for_built_in_models(mut self) -> Self {
        self.context.state_ref().write().config_mut().options_mut().optimizer.max_passes = 1;
        self.small = Arc::new(small::state_for_small(self.context.state()));
        self
    }

    /// The same session, in which queries run in one part each: joins and groups of several parts hold their rows several times.
    #[must_use]
    pub fn in_one_part(&self) -> Self {
        Self { narrow: Some(Arc::new(small::narrow(self.context.state()))), ..self.clone() }
    }

    /// The same session, in which joins sort both sides and merge them. Slower than holding one side in a hash table, but sorts go
    /// through temporary files where memory is too little, and hash tables do not.
    #[must_use]
    pub fn with_merged_joins(&self) -> Self {
        Self { narrow: Some(Arc::new(small::with_merged_joins(self.context.state()))), ..self.clone() }
    }

    /// The same session, in which models read these settings.
    #[must_use]
    pub fn with_settings(mut self, tables: Vec<(&'static str, RecordBatch)>) -> Self {
        self.settings = tables.into_iter().collect();
        self
    }

    /// Opens the tables that models and queries read.
    ///
    /// # Errors
    /// Damaged (exit 5) when a table cannot be opened; failed when a view cannot be planned.
    pub async fn provide<'a>(&mut self, reads: impl IntoIterator<Item = &'a (Option<String>, String)>) -> Result<()> {
        for (schema, name) in reads {
            let Some(schema) = schema else { continue };
            if schema == "information_schema" {
                self.outline([])?;
                continue;
            }
            self.provide_one(schema, name).await?;
        }
        Ok(())
    }

    /// Lets every table there is, and these models, be named and described: their columns are there and none of their rows,
    /// which costs nothing of what opening a table and planning a query does. What was provided stays as it is.
    ///
    /// # Errors
    /// Failed when the engine refuses.
    pub fn outline<'a>(&self, models: impl IntoIterator<Item = &'a Model>) -> Result<()> {
        let tables = catalog::TABLES.iter().map(|table| (table.qualified_name(), records::schema(table.all_columns())));
        let own = RUN_TABLES.iter().chain(SETTING_TABLES);
        let own = own.map(|table| (table.name.to_owned(), records::schema(table.columns)));
        for (qualified, columns) in tables.chain(own) {
            let Some((schema, name)) = qualified.split_once('.') else { continue };
            self.register_outline(schema, name, || Ok(Arc::new(EmptyTable::new(columns.clone()))))?;
            if let Some(table) = catalog::table("egress", name).filter(|_| schema == "egress") {
                self.register_outline(CURRENT, name, || {
                    let schema = Arc::new(columns.as_ref().clone().to_dfschema()?);
                    let nothing = LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema });
                    Ok(Arc::new(ViewTable::new(nothing, Some(current_sql(table, self.environment.as_deref())))))
                })?;
            }
        }
        for model in models {
            self.register_outline("reports", &model.name, || Ok(Arc::new(EmptyTable::new(declared_schema(model)))))?;
        }
        Ok(())
    }

    fn register_outline(
        &self,
        schema: &str,
        name: &str,
        outline: impl FnOnce() -> std::result::Result<Arc<dyn TableProvider>, DataFusionError>,
    ) -> Result<()> {
        if self.schema(schema)?.table_exist(name) {
            return Ok(());
        }
        let table = outline().map_err(|error| Error::failed(format!("{schema}.{name}: {}", plain(&error))))?;
        self.register(schema, name, table)
    }

    async fn provide_one(&mut self, schema: &str, name: &str) -> Result<()> {
        if !self.provided.insert((schema.to_owned(), name.to_owned())) {
            return Ok(());
        }
        if schema == CURRENT {
            if let Some(table) = catalog::table("egress", name) {
                Box::pin(self.provide_one(table.origin.schema(), name)).await?;
                let sql = current_sql(table, self.environment.as_deref());
                let plan = self
                    .plan(&sql)
                    .await
                    .map_err(|error| Error::failed(format!("current.{name} cannot be planned: {}", plain(&error))))?;
                self.register(schema, name, Arc::new(ViewTable::new(plan, Some(sql))))?;
            }
            return Ok(());
        }
        let qualified = format!("{schema}.{name}");
        if let Some(table) = SETTING_TABLES.iter().find(|table| table.name == qualified) {
            let provider: Arc<dyn TableProvider> = match self.settings.get(table.name) {
                Some(rows) => Arc::new(
                    MemTable::try_new(rows.schema(), vec![vec![rows.clone()]])
                        .map_err(|error| Error::failed(format!("{qualified}: {}", plain(&error))))?,
                ),
                None => Arc::new(EmptyTable::new(records::schema(table.columns))),
            };
            return self.register(schema, name, provider);
        }
        let egress = catalog::TABLES.iter().find(|table| table.qualified_name() == qualified);
        let of_runs = RUN_TABLES.iter().find(|table| table.name == qualified);
        let columns = match (egress, of_runs) {
            (Some(table), _) => records::schema(table.all_columns()),
            (None, Some(table)) => records::schema(table.columns),
            (None, None) => return Ok(()),
        };
        let state = match self.versions.get(&qualified) {
            Some(version) => self.lake.table(&qualified, Some(*version)).await?,
            // The table of runs is what publishes: it has no published version of its own.
            None if qualified == RUNS.name => self.lake.table(&qualified, None).await?,
            None => None,
        };
        let table = table_of_files(state.as_ref(), &columns)?;
        self.states.extend(state);
        self.register(schema, name, table)
    }

    /// Finds a file of the opened tables whose bytes are not those that were written; reads all but large ones that are at a store.
    ///
    /// # Errors
    /// Damaged (exit 5), naming it.
    pub fn verify_bytes(&self) -> Result<()> {
        self.states.iter().try_for_each(TableState::verify_bytes_read)
    }

    /// The tables of the lake that were opened.
    pub fn opened(&self) -> &[TableState] {
        &self.states
    }

    /// A query that failed while it ran. Where a file cannot be read the damaged one is named.
    pub fn query_failed(&self, what: &str, error: &DataFusionError) -> Error {
        let failure = query_failed(what, error);
        if failure.kind() != ErrorKind::Damaged {
            return failure;
        }
        self.verify_bytes().err().unwrap_or(failure)
    }

    /// Makes a published or candidate report readable under its bare name.
    ///
    /// # Errors
    /// Damaged (exit 5) when its files cannot be found.
    pub fn register_files(&mut self, name: &str, state: TableState, schema: &SchemaRef) -> Result<()> {
        self.register("reports", name, table_of_files(Some(&state), schema)?)?;
        self.states.push(state);
        Ok(())
    }

    /// Makes one Parquet file readable under this bare name, in place of what stood there.
    ///
    /// # Errors
    /// Failed when the path cannot be a URL.
    pub fn register_file(&self, name: &str, path: &std::path::Path, schema: &SchemaRef) -> Result<()> {
        self.register("reports", name, listing(vec![path.to_path_buf()], schema)?)
    }

    /// Makes rows in memory readable under this bare name, in place of what stood there.
    ///
    /// # Errors
    /// Failed when they are not of the schema.
    pub fn register_rows(&self, name: &str, rows: Vec<RecordBatch>, schema: &SchemaRef) -> Result<()> {
        let failed = |error: DataFusionError| Error::failed(format!("the rows of {name}: {}", plain(&error)));
        if rows.iter().all(|batch| batch.num_rows() == 0) {
            return self.register_empty(name, schema);
        }
        let table = MemTable::try_new(schema.clone(), vec![rows]).map_err(failed)?;
        self.register("reports", name, Arc::new(table))
    }

    /// How many queries may run at once, and in how many parts each.
    pub fn threads(&self) -> usize {
        self.context.state_ref().read().config().target_partitions()
    }

    /// Makes an empty table readable under this bare name.
    ///
    /// # Errors
    /// Failed when the engine refuses.
    pub fn register_empty(&self, name: &str, schema: &SchemaRef) -> Result<()> {
        self.register("reports", name, Arc::new(EmptyTable::new(schema.clone())))
    }

    /// Puts one Parquet file in the place of a table of the lake.
    ///
    /// # Errors
    /// Failed when the path cannot be a URL.
    pub fn replace(&mut self, schema: &str, name: &str, path: &std::path::Path, columns: &SchemaRef) -> Result<()> {
        self.provided.insert((schema.to_owned(), name.to_owned()));
        self.register(schema, name, listing(vec![path.to_path_buf()], columns)?)
    }

    /// The environment that it shows rows of.
    pub fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    /// Makes models readable as views under their names, in the order given.
    ///
    /// # Errors
    /// Usage (exit 2), naming the file, when one cannot be planned, breaks a rule for money, or returns other columns
    /// than its header says.
    pub async fn add_models(&mut self, models: &[&Model], parameters: &BTreeMap<String, ScalarValue>) -> Result<()> {
        for model in models {
            self.provide(&model.reads).await?;
            self.add_view(model, parameters).await?;
        }
        Ok(())
    }

    /// Makes a model readable as a view, all that it reads being there.
    ///
    /// # Errors
    /// As [`Self::add_models`].
    pub async fn add_view(&self, model: &Model, parameters: &BTreeMap<String, ScalarValue>) -> Result<()> {
        let plan = self.plan_model(model, parameters).await?;
        self.register("reports", &model.name, Arc::new(ViewTable::new(plan, Some(model.sql.clone()))))
    }

    /// Plans models in the order given, looks for what none may do, and forgets the plans.
    ///
    /// # Errors
    /// As [`Self::add_models`].
    pub async fn verify_models(&mut self, models: &[&Model], parameters: &BTreeMap<String, ScalarValue>) -> Result<()> {
        for model in models {
            let plan = self.stand_in(model, parameters).await?;
            self.lint(model, &plan)?;
        }
        Ok(())
    }

    /// Plans a model and lets an empty table of its columns stand for it in what is planned later: a view in a view in a view
    /// would be planned again and again.
    ///
    /// # Errors
    /// As [`Self::add_models`].
    pub async fn stand_in(&mut self, model: &Model, parameters: &BTreeMap<String, ScalarValue>) -> Result<LogicalPlan> {
        self.provide(&model.reads).await?;
        let plan = self.plan_model(model, parameters).await?;
        let schema = Arc::new(plan.schema().as_arrow().clone());
        self.register("reports", &model.name, Arc::new(EmptyTable::new(schema)))?;
        Ok(plan)
    }

    /// Looks for what no model may do.
    fn lint(&self, model: &Model, plan: &LogicalPlan) -> Result<()> {
        let analyzed = lint::analyzed(&self.small, plan.clone())
            .map_err(|error| Error::usage(format!("{}: {}", model.file, plain(&error))))?;
        lint::check(&analyzed, &model.name)
            .map_err(|broken| Error::usage(format!("{}: {}", model.file, broken.join("; "))))
    }

    /// The rows of a plan.
    ///
    /// # Errors
    /// The engine's own.
    pub async fn execute(&self, plan: &LogicalPlan) -> std::result::Result<SendableRecordBatchStream, DataFusionError> {
        let state = match &self.narrow {
            _ if small::is_small(plan) => self.small.clone(),
            Some(narrow) => narrow.clone(),
            None => Arc::new(self.context.state()),
        };
        let physical = state.create_physical_plan(plan).await?;
        execute_stream(physical, Arc::new(TaskContext::from(state.as_ref())))
    }

    /// An expression over columns, to be evaluated on rows.
    ///
    /// # Errors
    /// The engine's own, also for what takes more than the row at hand.
    pub fn expression(
        &self,
        sql: &str,
        columns: &DFSchema,
    ) -> std::result::Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        let expression = self.small.create_logical_expr(sql, columns)?;
        let context = SimplifyContext::builder()
            .with_schema(Arc::new(columns.clone()))
            .with_config_options(self.small.config_options().clone())
            .build();
        let simplifier = ExprSimplifier::new(context);
        // Some functions stand for others until they are simplified.
        let expression = simplifier.simplify(simplifier.coerce(expression, columns)?)?;
        self.small.create_physical_expr(expression, columns)
    }

    /// The plan of a query.
    ///
    /// # Errors
    /// The engine's own.
    pub async fn plan(&self, sql: &str) -> std::result::Result<LogicalPlan, DataFusionError> {
        self.small.create_logical_plan(sql).await
    }

    /// The verified plan of a model.
    ///
    /// # Errors
    /// As [`Self::add_models`].
    pub async fn plan_model(&self, model: &Model, parameters: &BTreeMap<String, ScalarValue>) -> Result<LogicalPlan> {
        let wrong = |error: DataFusionError| Error::usage(format!("{}: {}", model.file, plain(&error)));
        let values: HashMap<String, ScalarAndMetadata> = model
            .header
            .parameters
            .iter()
            .filter_map(|spec| Some((spec.name.clone(), parameters.get(&spec.name)?.clone().into())))
            .collect();
        let mut plan = self.plan(&model.sql).await.map_err(wrong)?;
        // It makes each node of the plan anew.
        if !values.is_empty() {
            plan = plan.with_param_values(ParamValues::Map(values)).map_err(wrong)?;
        }
        // Built-in models were looked at when this was built, by its tests.
        if !model.is_built_in {
            self.lint(model, &plan)?;
        }
        if !model.header.columns.is_empty() {
            check_columns(model, plan.schema().as_arrow())?;
        }
        if model.layer == Layer::Marts && !is_ordered(&plan) {
            return ordered(plan).map_err(wrong);
        }
        Ok(plan)
    }

    /// The verified plan of a model, for which a table of the lake, by qualified name, holds these of its files alone.
    ///
    /// # Errors
    /// As [`Self::add_models`].
    pub async fn plan_part(
        &self,
        model: &Model,
        parameters: &BTreeMap<String, ScalarValue>,
        table: &str,
        files: &[std::path::PathBuf],
    ) -> Result<LogicalPlan> {
        let plan = self.plan_model(model, parameters).await?;
        let is_it =
            |name: &TableReference| name.schema().is_some_and(|schema| format!("{schema}.{}", name.table()) == table);
        let only_these = |node| match node {
            LogicalPlan::TableScan(mut scan) if is_it(&scan.table_name) => {
                let files = listing(files.to_vec(), &scan.source.schema())
                    .map_err(|error| DataFusionError::External(error.to_string().into()))?;
                scan.source = provider_as_source(files);
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            node => Ok(Transformed::no(node)),
        };
        plan.transform_up_with_subqueries(only_these)
            .map(|changed| changed.data)
            .map_err(|error| Error::failed(format!("{}: {}", model.file, plain(&error))))
    }

    fn register(&self, schema: &str, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let provider = self.schema(schema)?;
        let failed = |error: DataFusionError| Error::failed(format!("{schema}.{name}: {}", plain(&error)));
        if provider.table_exist(name) {
            provider.deregister_table(name).map_err(failed)?;
        }
        provider.register_table(name.to_owned(), table).map_err(failed)?;
        Ok(())
    }

    fn schema(&self, name: &str) -> Result<Arc<dyn SchemaProvider>> {
        let catalog =
            self.context.catalog("lake").ok_or_else(|| Error::failed("the query engine has no catalog".to_owned()))?;
        if let Some(schema) = catalog.schema(name) {
            return Ok(schema);
        }
        let schema = Arc::new(MemorySchemaProvider::new());
        catalog
            .register_schema(name, schema.clone())
            .map_err(|error| Error::failed(format!("schema {name}: {}", plain(&error))))?;
        Ok(schema)
    }
}

/// A table of the lake as a file list; empty where there are no files.
fn table_of_files(state: Option<&TableState>, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    let files = match state {
        Some(state) => {
            state.verify_files()?;
            state.bring_if_small()?;
            state.files.iter().map(|file| state.path_of(file)).collect()
        }
        None => Vec::new(),
    };
    listing(files, schema)
}

fn listing(files: Vec<std::path::PathBuf>, schema: &SchemaRef) -> Result<Arc<dyn TableProvider>> {
    if files.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema.clone())));
    }
    let urls = files
        .iter()
        .map(|path| {
            // Of a path with `..` in it the object store takes none. A copy of what is at a store need not be there yet.
            let absolute = real(path);
            Url::from_file_path(&absolute)
                .map_err(|()| Error::failed(format!("{} cannot be written as a URL", absolute.display())))
                .and_then(|url| {
                    ListingTableUrl::try_new(url, None)
                        .map_err(|error| Error::failed(format!("{}: {}", path.display(), plain(&error))))
                })
        })
        .collect::<Result<Vec<_>>>()?;
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config =
        ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(schema.clone());
    let table = ListingTable::try_new(config)
        .map_err(|error| Error::failed(format!("lake files cannot be read: {}", plain(&error))))?;
    Ok(Arc::new(table))
}

/// The rows of one environment, of the newest complete snapshot where the table has snapshots.
///
/// A snapshot is complete once a later one has begun; the newest one is, unless it came in fewer files than the one
/// before it or holds less than half its rows. The vendor gives no mark of completeness.
fn current_sql(table: &Table, environment: Option<&str>) -> String {
    let name = table.qualified_name();
    let in_environment = match environment.filter(|_| table.has_environment()) {
        // Files of older exports name no environment.
        Some(environment) => {
            format!("(environment_type = '{}' or environment_type is null)", environment.replace('\'', "''"))
        }
        None => "true".to_owned(),
    };
    let Class::Snapshot { column } = table.class else {
        return format!("select * from {name} where {in_environment}");
    };
    // A text id need not sort by time; the time of the export does.
    let is_time = table.column(column).is_some_and(|column| column.kind == catalog::Kind::Timestamp);
    let order = match table.column("updated_at") {
        Some(_) if !is_time => format!("max(updated_at), {column}"),
        _ => column.to_owned(),
    };
    format!(
        "with snapshots as (
            select {column} as snapshot, count(*) as row_count, count(distinct _source_file) as file_count,
                row_number() over (order by {order}) as ordinal
            from {name} where {in_environment} group by {column}
        ),
        judged as (
            select snapshot, ordinal,
                lead(ordinal) over (order by ordinal) is not null
                or lag(ordinal) over (order by ordinal) is null
                or (file_count >= lag(file_count) over (order by ordinal)
                    and row_count * 2 >= lag(row_count) over (order by ordinal)) as is_complete
            from snapshots
        ),
        newest as (select snapshot from judged where is_complete order by ordinal desc limit 1)
        select entries.* from {name} as entries
        inner join newest on entries.{column} is not distinct from newest.snapshot
        where {in_environment}"
    )
}

/// The columns of a model as its header declares them.
fn declared_schema(model: &Model) -> SchemaRef {
    let columns = model.header.columns.iter();
    let fields = columns.map(|column| Field::new(&column.name, arrow_type(column.kind), column.nullable));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The Arrow type that a declared column is written as.
pub fn arrow_type(kind: SqlType) -> DataType {
    match kind {
        SqlType::Text => DataType::Utf8,
        SqlType::Integer => DataType::Int64,
        SqlType::Boolean => DataType::Boolean,
        SqlType::Date => DataType::Date32,
        SqlType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        SqlType::Decimal => DataType::Decimal128(38, 18),
    }
}

/// The rows by all columns from the left: a report without an order of its own is to have the same bytes each time.
fn ordered(plan: LogicalPlan) -> std::result::Result<LogicalPlan, DataFusionError> {
    let columns = plan.schema().columns().into_iter().map(|column| col(column).sort(true, true)).collect::<Vec<_>>();
    LogicalPlanBuilder::from(plan).sort(columns)?.build()
}

/// Whether a plan's rows come in an order of its own.
fn is_ordered(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Projection(projection) => is_ordered(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_ordered(&alias.input),
        LogicalPlan::Limit(limit) => is_ordered(&limit.input),
        _ => false,
    }
}

fn check_columns(model: &Model, planned: &Schema) -> Result<()> {
    let declared = model.header.columns.iter().map(|column| format!("{} {}", column.name, words(column)));
    let found = planned.fields().iter().map(|field| format!("{} {}", field.name(), type_words(field.data_type())));
    let (declared, found): (Vec<_>, Vec<_>) = (declared.collect(), found.collect());
    if declared == found {
        return Ok(());
    }
    let place = declared.iter().zip(&found).take_while(|(left, right)| left == right).count();
    let at = |list: &[String]| list.get(place).cloned().unwrap_or_else(|| "nothing".to_owned());
    Err(Error::usage(format!(
        "{}: column {} is declared as {} but the query returns {}",
        model.file,
        place + 1,
        at(&declared),
        at(&found)
    )))
}

fn words(column: &HeaderColumn) -> String {
    type_words(&arrow_type(column.kind))
}

fn type_words(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text".to_owned(),
        kind if kind.is_integer() => "integer".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if **zone == *"UTC" => "timestamp".to_owned(),
        DataType::Decimal128(precision, scale) => format!("decimal({precision}, {scale})"),
        other => other.to_string(),
    }
}

/// A query that failed while it ran: damage where a lake file cannot be read.
fn query_failed(what: &str, error: &DataFusionError) -> Error {
    let message = format!("{what} failed: {}", plain(error));
    let is_read = match error.find_root() {
        DataFusionError::ParquetError(_) | DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) => true,
        DataFusionError::ArrowError(error, _) => {
            matches!(**error, ArrowError::ParquetError(_) | ArrowError::IoError(_, _) | ArrowError::ExternalError(_))
        }
        DataFusionError::External(error) => error.is::<parquet::errors::ParquetError>(),
        _ => false,
    };
    if !is_read {
        return Error::failed(message);
    }
    Error::damaged(message)
        .hint("restore the lake from a copy, or move it away and rebuild it with `etl run --stage all`")
}

/// DataFusion's message without its wrapping.
pub fn plain(error: &DataFusionError) -> String {
    error.find_root().strip_backtrace().lines().next().unwrap_or_default().to_owned()
}
