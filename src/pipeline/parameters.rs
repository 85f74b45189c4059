//! What parameters come to for the data there is: the newest month with finalized invoices is asked of the lake, once.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use tracing::info;

use crate::engine::Engine;
use crate::engine::parameters::{
    self, Given, Parameters, SERVICE_PERIOD, Specs, Times, asks_latest, is_relative, resolve,
};
use crate::error::{Error, Result};
use crate::model::{Model, Models, ParameterKind};
use crate::place::lake::Lake;
use crate::settings::{GivenBy, Parameter, Settings, require_known_parameters};

/// The other way to tell which month an invoice is of.
const ISSUED_AT: &str = "issued_at";

/// What they are resolved over.
pub struct Data<'a> {
    /// The lake.
    pub lake: &'a Lake,
    /// The versions of its tables that reports are made of.
    pub versions: &'a BTreeMap<String, u64>,
    /// Their environment.
    pub environment: Option<&'a str>,
}

/// The parameters of models, where what settings say of them and of checks holds before anything is read.
///
/// # Errors
/// Usage (exit 2) for names that no model has, and for all values that are missing for these reports or malformed.
pub fn checked(models: &Models, settings: &Settings, reports: &[&Model]) -> Result<Specs> {
    let specs = models.parameters()?;
    let known: Vec<_> = specs.keys().map(String::as_str).collect();
    require_known_parameters(&settings.parameters, &known)?;
    models.require_known_checks(settings)?;
    let needed = models.closure(reports.iter().map(|report| report.name.as_str()))?;
    parameters::check(&specs, &settings.parameters, &needed)?;
    Ok(specs)
}

/// The values of parameters for a run of this day.
///
/// # Errors
/// Usage (exit 2) when a value is not of its declared type, or a range ends before it begins; failed when the lake cannot be
/// asked.
pub async fn resolve_over(
    specs: &Specs,
    given: &Given,
    models: &Models,
    day: NaiveDate,
    data: Data<'_>,
    settings: &Settings,
) -> Result<Parameters> {
    let mut times = Times::on(day);
    if asks_latest(specs, given) {
        let engine = Engine::new(
            data.lake,
            data.versions.clone(),
            data.environment.map(str::to_owned),
            settings.threads,
            settings.memory_bytes,
        )?;
        // Whatever month is asked for, the day of issue is told in the same zone.
        let fixed = resolve(specs, given, &times)?;
        times.latest = newest_months(models, engine, &fixed, day).await?;
    }
    let parameters = resolve(specs, given, &times)?;
    if is_relative(specs, given) {
        let told: Vec<_> = parameters.texts.iter().filter(|(name, text)| is_told(name, text, given)).collect();
        let told: Vec<_> = told.into_iter().map(|(name, text)| format!("{name} {text}")).collect();
        info!("for {day}: {}", told.join(", "));
    }
    Ok(parameters)
}

/// Whether a value is one that nobody wrote: of months and days only.
fn is_told(name: &str, text: &str, given: &Given) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.contains('-')
        && given.get(name).is_none_or(|parameter| parameter.value != text)
}

/// The newest month of finalized invoices, no later than this day's and of those issued until its end, by what makes an
/// invoice one of a month. Invoices that do not say when they were issued count, as they do in reports.
async fn newest_months(
    models: &Models,
    mut engine: Engine,
    parameters: &Parameters,
    day: NaiveDate,
) -> Result<BTreeMap<String, NaiveDate>> {
    let sources = ["stg_egress__invoices", "stg_api__invoices"];
    engine.add_models(&models.closure(sources.iter().copied())?, &parameters.values).await?;
    let zone = match parameters.texts.get("reporting_time_zone") {
        Some(zone) => zone.replace('\'', "''"),
        None => "UTC".to_owned(),
    };
    let finalized =
        sources.map(|source| format!("select starting_at, issued_at from {source} where invoice_status = 'FINALIZED'"));
    let sql = format!(
        "select max(service_month) filter (where service_month <= date '{day}'), \
             max(issued_month) filter (where issued_month <= date '{day}') \
         from (select month_of(starting_at) as service_month, month_of(date_in_zone(issued_at, '{zone}')) as issued_month \
             from ({}) where issued_at is null or cast(issued_at as date) <= date '{day}')",
        finalized.join(" union all ")
    );
    let failed = |error| engine.query_failed("the newest month with invoices", &error);
    let batches = engine.context.sql(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let batch = batches.first().ok_or_else(|| Error::failed("the newest month was not told"))?;
    let month = |column: usize| {
        let days = batch.column(column).as_primitive_opt::<Date32Type>()?;
        days.iter()
            .next()
            .flatten()
            .and_then(|days| NaiveDate::default().checked_add_signed(chrono::TimeDelta::days(days.into())))
    };
    let months = [(SERVICE_PERIOD, month(0)), (ISSUED_AT, month(1))];
    Ok(months.into_iter().filter_map(|(basis, month)| Some((basis.to_owned(), month?))).collect())
}

/// The same parameters with each month this one, and days that follow it with it.
///
/// # Errors
/// As [`resolve`].
pub fn for_month(specs: &Specs, given: &Given, month: NaiveDate) -> Result<Parameters> {
    let mut given = given.clone();
    let months = specs.iter().filter(|(_, spec)| spec.kind == ParameterKind::Month);
    given.extend(months.map(|(name, _)| {
        let value = month.format("%Y-%m").to_string();
        (name.clone(), Parameter { value, by: GivenBy::Default })
    }));
    resolve(specs, &given, &Times::on(month))
}
