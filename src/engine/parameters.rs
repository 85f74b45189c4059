//! Parameters of the models: what was given, or is taken where nothing is, typed as the headers declare it.
//!
//! Months and days can be relative. `current` and `previous` count from the day that a run is for, `latest` is the newest
//! month with finalized invoices, and `billing_month.first` is the first day of another parameter. They are resolved once, and
//! from then on a value is a value: records, manifests and packs have months and days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, Months, NaiveDate};
use datafusion::arrow::array::timezone::Tz;
use datafusion::common::ScalarValue;

use crate::error::{Error, Result};
use crate::model::{Model, ParameterKind, ParameterSpec};
use crate::printer::counted;
use crate::settings::{GivenBy, Parameter};
use crate::value::names::Names;
use crate::value::timestamp;

/// Parameters as their models declare them, by name.
pub type Specs = BTreeMap<String, ParameterSpec>;
/// Values as they were given, by name.
pub type Given = BTreeMap<String, Parameter>;

/// Values of parameters.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    /// By name, typed as the models declare them.
    pub values: BTreeMap<String, ScalarValue>,
    /// The same as text, for the record; those that are null left out.
    pub texts: BTreeMap<String, String>,
}

/// What relative values count from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// The day that the run is for.
    pub day: NaiveDate,
    /// The newest month with finalized invoices, by what makes an invoice one of a month; none where there are none.
    pub latest: BTreeMap<String, NaiveDate>,
}

impl Times {
    /// Of a day, where nothing is known of the data: `latest` is the month before.
    pub fn on(day: NaiveDate) -> Self {
        Self { day, latest: BTreeMap::new() }
    }
}

/// A month as it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Month {
    Fixed(NaiveDate),
    Latest,
    Previous,
    Current,
}

/// A day as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Day {
    Fixed(NaiveDate),
    /// Of the month that this parameter is.
    First(String),
    Last(String),
}

/// What makes an invoice one of a month where no parameter says it.
pub const SERVICE_PERIOD: &str = "service_period";

/// Finds all that is wrong with values and all that these models need and nobody gave.
///
/// # Errors
/// Usage (exit 2), naming every such parameter.
pub fn check(specs: &Specs, given: &Given, models: &[&Model]) -> Result<()> {
    // Relative values are of the right kind whatever they come to.
    let times = Times::on(NaiveDate::default());
    let (parameters, mut faults) = resolved(specs, given, &times);
    if !is_relative(specs, given) {
        faults.extend(crossed(&parameters));
    }
    // What is there and wrong is told already.
    let is_missing = |spec: &&ParameterSpec| effective(&spec.name, spec, given).is_none();
    let mut missed = BTreeSet::new();
    for model in models {
        for spec in missing(model, &parameters.values).into_iter().filter(is_missing) {
            if missed.insert(&spec.name) {
                let error = Error::usage(format!("{}: the parameter `{}` has no value", model.file, spec.name));
                faults.push(error.hint(format!("give --param {}=VALUE, or set it under [parameters]", spec.name)));
            }
        }
    }
    together(faults)
}

/// What parameters come to.
///
/// # Errors
/// Usage (exit 2) when values do not fit their declared types, or a range ends before it begins.
pub fn resolve(specs: &Specs, given: &Given, times: &Times) -> Result<Parameters> {
    let (parameters, mut faults) = resolved(specs, given, times);
    faults.extend(crossed(&parameters));
    together(faults).map(|()| parameters)
}

/// The values that depend on nothing.
///
/// # Errors
/// As [`resolve`].
pub fn fixed(specs: &Specs, given: &Given) -> Result<Parameters> {
    let (mut parameters, faults) = resolved(specs, given, &Times::on(NaiveDate::default()));
    together(faults)?;
    for (name, spec) in specs {
        if effective(name, spec, given).is_some_and(|value| is_relative_value(spec, &value.value)) {
            parameters.values.remove(name);
            parameters.texts.remove(name);
        }
    }
    Ok(parameters)
}

/// What was given, and for what would be relative or was not given the values that a record has, so that a question is about
/// what was published. What was asked for by a flag or a variable is asked for now.
pub fn as_published(specs: &Specs, given: &Given, record: &BTreeMap<String, String>) -> Given {
    let mut known = given.clone();
    for (name, value) in record {
        let Some(spec) = specs.get(name) else { continue };
        let is_asked_for = |parameter: &Parameter| {
            matches!(parameter.by, GivenBy::Flag(_) | GivenBy::Variable(_))
                || !is_relative_value(spec, &parameter.value)
        };
        if !given.get(name).is_some_and(is_asked_for) {
            let by = GivenBy::Record("etl.runs".to_owned());
            known.insert(name.clone(), Parameter { value: value.clone(), by });
        }
    }
    known
}

/// Whether some value depends on the day of the run or on the data.
pub fn is_relative(specs: &Specs, given: &Given) -> bool {
    specs
        .iter()
        .any(|(name, spec)| effective(name, spec, given).is_some_and(|value| is_relative_value(spec, &value.value)))
}

/// Whether a value of this parameter depends on the day of the run, the data or another parameter.
pub fn is_relative_value(spec: &ParameterSpec, value: &str) -> bool {
    match spec.kind {
        ParameterKind::Month => month(value).is_some_and(|month| !matches!(month, Month::Fixed(_))),
        ParameterKind::Date => day(value).is_some_and(|day| !matches!(day, Day::Fixed(_))),
        _ => false,
    }
}

/// Whether some month is the newest of the data, so that the data must be asked.
pub fn asks_latest(specs: &Specs, given: &Given) -> bool {
    let is_latest = |(name, spec): (&String, &ParameterSpec)| {
        spec.kind == ParameterKind::Month
            && effective(name, spec, given).is_some_and(|value| month(&value.value) == Some(Month::Latest))
    };
    specs.iter().any(is_latest)
}

/// The parameters that a model needs and nobody gave.
pub fn missing<'a>(model: &'a Model, bound: &BTreeMap<String, ScalarValue>) -> Vec<&'a ParameterSpec> {
    model.header.parameters.iter().filter(|spec| !bound.contains_key(&spec.name)).collect()
}

/// A value for every parameter, to plan queries with.
pub fn placeholders(specs: &Specs) -> BTreeMap<String, ScalarValue> {
    let value = |kind: &ParameterKind| match kind {
        ParameterKind::Text | ParameterKind::Names | ParameterKind::Zone | ParameterKind::OneOf(_) => text("UTC"),
        ParameterKind::Date | ParameterKind::Month => ScalarValue::Date32(Some(0)),
        ParameterKind::Instant => instant(None),
    };
    specs.iter().map(|(name, spec)| (name.clone(), value(&spec.kind))).collect()
}

/// The first day of the month before.
pub fn month_before(month: NaiveDate) -> NaiveDate {
    first_of(month).checked_sub_months(Months::new(1)).unwrap_or(month)
}

/// The first day of a month.
pub fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn effective(name: &str, spec: &ParameterSpec, given: &Given) -> Option<Parameter> {
    let default = || Some(Parameter { value: spec.default.clone()?, by: GivenBy::Default });
    given.get(name).cloned().or_else(default)
}

fn resolved(specs: &Specs, given: &Given, times: &Times) -> (Parameters, Vec<Error>) {
    let (mut parameters, mut faults) = (Parameters::default(), Vec::new());
    let mut months = BTreeMap::new();
    // Months first: days are told from them.
    let is_month = |spec: &ParameterSpec| spec.kind == ParameterKind::Month;
    for (name, spec) in specs.iter().filter(|(_, spec)| is_month(spec)) {
        let Some(parameter) = effective(name, spec, given) else { continue };
        let basis = format!("{name}_basis");
        let basis = specs.get(&basis).and_then(|spec| effective(&basis, spec, given)).map(|basis| basis.value);
        let latest = || times.latest.get(basis.as_deref().unwrap_or(SERVICE_PERIOD)).copied();
        let first = match month(&parameter.value) {
            Some(Month::Fixed(first)) => first,
            Some(Month::Latest) => latest().unwrap_or_else(|| month_before(times.day)),
            Some(Month::Previous) => month_before(times.day),
            Some(Month::Current) => first_of(times.day),
            None => {
                faults.push(parameter.refuse(name, "a month like 2024-03, or latest, previous or current"));
                continue;
            }
        };
        months.insert(name.as_str(), first);
        parameters.set(name, date(first), first.format("%Y-%m").to_string());
    }
    for (name, spec) in specs.iter().filter(|(_, spec)| !is_month(spec)) {
        let Some(parameter) = effective(name, spec, given) else {
            if spec.kind == ParameterKind::Instant {
                parameters.values.insert(name.clone(), instant(None));
            }
            continue;
        };
        match typed(&spec.kind, &parameter.value, &months) {
            Ok(Some((value, text))) => parameters.set(name, value, text),
            // The month that it is told from is refused already.
            Ok(None) => {}
            Err(expected) => faults.push(parameter.refuse(name, &expected)),
        }
    }
    (parameters, faults)
}

impl Parameters {
    fn set(&mut self, name: &str, value: ScalarValue, text: String) {
        self.values.insert(name.to_owned(), value);
        self.texts.insert(name.to_owned(), text);
    }
}

/// A value of a kind and its text, or what is expected of one.
fn typed(
    kind: &ParameterKind,
    value: &str,
    months: &BTreeMap<&str, NaiveDate>,
) -> std::result::Result<Option<(ScalarValue, String)>, String> {
    let as_given = |scalar| Ok(Some((scalar, value.to_owned())));
    match kind {
        ParameterKind::Text => as_given(text(value)),
        ParameterKind::Names if Names::parse(value).texts().next().is_some() => as_given(text(value)),
        ParameterKind::Names => Err("a name, several with commas between them, or * for all".to_owned()),
        ParameterKind::OneOf(words) if words.iter().any(|word| word == value) => as_given(text(value)),
        ParameterKind::OneOf(words) => Err(words.join(" or ")),
        ParameterKind::Zone if value.starts_with(char::is_alphabetic) && value.parse::<Tz>().is_ok() => {
            as_given(text(value))
        }
        ParameterKind::Zone => Err("the IANA name of a time zone, such as UTC or Europe/Berlin".to_owned()),
        ParameterKind::Instant => match timestamp::parse(value.as_bytes()) {
            Ok(micros) => as_given(instant(Some(micros))),
            Err(_) => Err("an instant like 2024-04-01 or 2024-04-01T12:00:00Z".to_owned()),
        },
        ParameterKind::Date => {
            let names = || months.keys().map(|name| format!(", {name}.first or {name}.last")).collect::<String>();
            let expected = || format!("a day like 2024-03-10{}", names());
            let day = match day(value).ok_or_else(expected)? {
                Day::Fixed(day) => Some(day),
                Day::First(month) => months.get(month.as_str()).copied(),
                Day::Last(month) => months.get(month.as_str()).and_then(|first| last_of(*first)),
            };
            Ok(day.map(|day| (date(day), day.to_string())))
        }
        ParameterKind::Month => Ok(None),
    }
}

/// Ranges that end before they begin: `NAME_from` and `NAME_through`, both days.
fn crossed(parameters: &Parameters) -> Vec<Error> {
    let through = |name: &String| {
        let through = format!("{}_through", name.strip_suffix("_from")?);
        Some((parameters.values.get(&through)?, through))
    };
    let is_crossed = |from: &ScalarValue, through: &ScalarValue| matches!((from, through), (ScalarValue::Date32(Some(from)), ScalarValue::Date32(Some(through))) if from > through);
    let told = |(name, from): (&String, &ScalarValue)| {
        let (last, through) = through(name)?;
        let said = |name: &str| parameters.texts.get(name).map_or("", String::as_str);
        is_crossed(from, last).then(|| {
            Error::usage(format!("`{name}` is {}, after `{through}`, which is {}", said(name), said(&through)))
        })
    };
    parameters.values.iter().filter_map(told).collect()
}

fn together(mut faults: Vec<Error>) -> Result<()> {
    match faults.len() {
        0 => Ok(()),
        1 => Err(faults.remove(0)),
        count => {
            let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
            let error =
                Error::usage(format!("{} cannot be used: {}", counted(count as u64, "parameter"), told.join("; ")));
            Err(error.hint(
                "`etl check` tries them; they stand under [parameters] in pipeline.toml or in --param NAME=VALUE",
            ))
        }
    }
}

fn month(text: &str) -> Option<Month> {
    match text {
        "latest" => Some(Month::Latest),
        "previous" => Some(Month::Previous),
        "current" => Some(Month::Current),
        // As it is recorded, or its first day.
        _ if text.len() == "2024-03".len() => fixed_day(&format!("{text}-01")).map(Month::Fixed),
        _ => fixed_day(text).filter(|day| day.day() == 1).map(Month::Fixed),
    }
}

fn day(text: &str) -> Option<Day> {
    match text.split_once('.') {
        Some((month, "first")) => Some(Day::First(month.to_owned())),
        Some((month, "last")) => Some(Day::Last(month.to_owned())),
        Some(_) => None,
        None => fixed_day(text).map(Day::Fixed),
    }
}

/// A day in the one way it is written: `2024-3-1` is none.
fn fixed_day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text)
}

fn last_of(first: NaiveDate) -> Option<NaiveDate> {
    first.checked_add_months(Months::new(1))?.checked_sub_days(Days::new(1))
}

fn text(text: &str) -> ScalarValue {
    ScalarValue::Utf8(Some(text.to_owned()))
}

fn instant(micros: Option<i64>) -> ScalarValue {
    ScalarValue::TimestampMicrosecond(micros, Some("UTC".into()))
}

fn date(day: NaiveDate) -> ScalarValue {
    ScalarValue::Date32(i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs() -> Specs {
        let spec = |name: &str, kind: ParameterKind, default: Option<&str>| {
            (name.to_owned(), ParameterSpec { name: name.to_owned(), kind, default: default.map(str::to_owned) })
        };
        let bases = vec![SERVICE_PERIOD.to_owned(), "issued_at".to_owned()];
        [
            spec("billing_month", ParameterKind::Month, Some("latest")),
            spec("billing_month_basis", ParameterKind::OneOf(bases), Some(SERVICE_PERIOD)),
            spec("images_from", ParameterKind::Date, Some("billing_month.first")),
            spec("images_through", ParameterKind::Date, Some("billing_month.last")),
            spec("customer_name", ParameterKind::Names, Some("*")),
            spec("zone", ParameterKind::Zone, Some("UTC")),
            spec("as_of", ParameterKind::Instant, None),
        ]
        .into()
    }

    fn given(pairs: &[(&str, &str)]) -> Given {
        let by = GivenBy::Flag("--param".to_owned());
        let parameter = |value: &str| Parameter { value: value.to_owned(), by: by.clone() };
        pairs.iter().map(|(name, value)| ((*name).to_owned(), parameter(value))).collect()
    }

    fn times() -> Times {
        let day = |text: &str| fixed_day(text).unwrap();
        let latest = [(SERVICE_PERIOD, day("2024-03-01")), ("issued_at", day("2024-04-01"))];
        Times { day: day("2024-04-05"), latest: latest.map(|(basis, month)| (basis.to_owned(), month)).into() }
    }

    fn texts(pairs: &[(&str, &str)]) -> Vec<String> {
        let parameters = resolve(&specs(), &given(pairs), &times()).unwrap();
        ["billing_month", "images_from", "images_through"].map(|name| parameters.texts[name].clone()).to_vec()
    }

    #[test]
    fn without_a_word_the_month_is_the_newest_with_invoices_and_days_follow_it() {
        assert_eq!(texts(&[]), ["2024-03", "2024-03-01", "2024-03-31"]);
        assert_eq!(texts(&[("billing_month_basis", "issued_at")]), ["2024-04", "2024-04-01", "2024-04-30"]);
        let none = resolve(&specs(), &Given::new(), &Times::on(fixed_day("2024-01-05").unwrap())).unwrap();
        assert_eq!(none.texts["billing_month"], "2023-12");
        assert_eq!(none.values["as_of"], instant(None));
    }

    #[test]
    fn months_count_from_the_day_of_the_run_and_days_can_be_given_by_themselves() {
        assert_eq!(texts(&[("billing_month", "previous")]), ["2024-03", "2024-03-01", "2024-03-31"]);
        assert_eq!(texts(&[("billing_month", "current")]), ["2024-04", "2024-04-01", "2024-04-30"]);
        assert_eq!(texts(&[("billing_month", "2024-02")]), ["2024-02", "2024-02-01", "2024-02-29"]);
        assert_eq!(texts(&[("billing_month", "2024-02-01")])[0], "2024-02");
        assert_eq!(texts(&[("images_from", "2024-03-10")]), ["2024-03", "2024-03-10", "2024-03-31"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = given(&[
            ("billing_month", "2024-3"),
            ("images_from", "2024-3-10"),
            ("zone", "Mars"),
            ("customer_name", " , "),
            ("as_of", "yesterday"),
            ("billing_month_basis", "issued"),
        ]);
        let error = check(&specs(), &wrong, &[]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        let said = error.to_string();
        assert!(said.starts_with("6 parameters cannot be used: "), "{said}");
        for name in wrong.keys() {
            assert!(said.contains(&format!("`{name}`")), "{said}");
        }
        for wrong in ["2024-13", "24-03", "2024-03-02", "March", "2024-03-01T00:00:00Z", ""] {
            let error = check(&specs(), &given(&[("billing_month", wrong)]), &[]).unwrap_err();
            assert!(error.to_string().contains("expected a month like 2024-03, or latest"), "{wrong}: {error}");
        }
        assert!(check(&specs(), &given(&[("zone", "+02:00")]), &[]).is_err(), "no name of a zone");
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_refused() {
        let error = resolve(&specs(), &given(&[("images_from", "2024-04-01")]), &times()).unwrap_err();
        assert_eq!(error.to_string(), "`images_from` is 2024-04-01, after `images_through`, which is 2024-03-31");
        let both =
            given(&[("images_from", "2024-04-01"), ("images_through", "2024-03-01"), ("billing_month", "2024-03")]);
        assert!(check(&specs(), &both, &[]).is_err());
    }

    #[test]
    fn what_was_published_answers_for_what_is_relative_but_not_for_what_is_asked_for() {
        let published: BTreeMap<_, _> = [("billing_month", "2024-02"), ("customer_name", "A1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let by = GivenBy::File { path: "pipeline.toml".into(), line: 1, key: "parameters.billing_month".to_owned() };
        let file: Given = [("billing_month".to_owned(), Parameter { value: "latest".to_owned(), by })].into();
        let known = as_published(&specs(), &file, &published);
        assert_eq!((known["billing_month"].value.as_str(), known["customer_name"].value.as_str()), ("2024-02", "A1"));
        let known = as_published(&specs(), &given(&[("billing_month", "latest")]), &published);
        assert_eq!(known["billing_month"].value, "latest");
    }

    #[test]
    fn what_depends_on_nothing_is_known_before_the_data_is() {
        let fixed = fixed(&specs(), &given(&[("images_from", "2024-03-10")])).unwrap();
        assert_eq!(
            fixed.texts.keys().collect::<Vec<_>>(),
            ["billing_month_basis", "customer_name", "images_from", "zone"]
        );
    }
}
