//! The header of a model: the contract it carries, in comment lines above its SELECT.
//!
//! ```text
//! -- Finalized billing per customer and month.
//! --
//! -- grain    customer_id, billing_month
//! -- params   $billing_month month
//! -- columns
//! --   customer_id   text                        the customer
//! --   billing_month date                        first day of the service month, UTC
//! --   currency      text                        currency of the amounts
//! --   total_amount  decimal(38, 18) [currency]  after credits
//! --   voided_at     timestamp?                  a `?` lets the column be null
//! -- checks
//! --   total_amount >= 0
//! ```
//!
//! A report whose rows belong to accounting months says by which column: `period  month`. Amounts that stand on several rows, or are
//! states of which each is for itself, are `apart  remaining_amount`: nobody adds them. One that is published also when
//! a check keeps everything else back says `published always`. An intermediate model of a large table, each row of which comes from one
//! file of it, says `parts   egress.events`: it is made file by file, and its grain is that of a file's rows, which readers add up. A model
//! of reconciliation exceptions lists its codes:
//!
//! ```text
//! -- codes
//! --   INVOICE_TOTAL  block  an invoice is not the sum of its lines
//! ```
//!
//! The words `period`, `apart`, `published`, `parts` and `codes` are followed by two blanks or by nothing, since sentences begin with them too.
//! Everything is verified: columns, types and units when the query is planned; nulls, grain and checks against the
//! rows, from the intermediate layer upwards. Staging keeps the rows of a lake table, whose key the lake keeps unique.

use super::Layer;
use crate::settings::Severity;

/// What a header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its first sentence.
    pub title: String,
    /// What makes a row unique. Checks have none.
    pub grain: Grain,
    /// Parameters of the query.
    pub parameters: Vec<ParameterSpec>,
    /// Columns in their order. Checks declare none.
    pub columns: Vec<HeaderColumn>,
    /// Conditions that hold on every row; null counts as holding.
    pub checks: Vec<String>,
    /// For a check: what a broken rule does.
    pub severity: Severity,
    /// The date column, first day of a month, that says which accounting period a row belongs to.
    pub period: Option<String>,
    /// Columns whose amounts are not to be added over rows.
    pub apart: Vec<String>,
    /// The table, by qualified name, of which each of its rows reads one month.
    pub parts: Option<String>,
    /// Whether it is published also when a check keeps the other reports back.
    pub is_always_published: bool,
    /// The codes of the exceptions it finds.
    pub codes: Vec<Code>,
}

/// A kind of reconciliation exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its name, in upper case.
    pub name: String,
    /// What one does where settings say nothing else.
    pub severity: Severity,
    /// What is wrong.
    pub doc: String,
}

/// What makes a row unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grain {
    /// These columns, nulls being equal.
    Columns(Vec<String>),
    /// One row for each row of this model, whose key the columns do not repeat.
    RowsOf(String),
    /// Not declared.
    None,
}

/// A column as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: SqlType,
    /// Whether it may be null.
    pub nullable: bool,
    /// What its numbers count.
    pub unit: Option<String>,
    /// What it holds.
    pub doc: String,
}

/// The types a model's column can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlType {
    /// Text.
    Text,
    /// 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// An instant, UTC, microseconds.
    Timestamp,
    /// decimal(38, 18)
    Decimal,
}

/// A parameter as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Without the `$`.
    pub name: String,
    /// Its type.
    pub kind: ParameterKind,
    /// Its value where nobody gives one: `$name one|two = one`.
    pub default: Option<String>,
}

/// The types a parameter can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterKind {
    /// Any text.
    Text,
    /// A list of names and patterns, as [`crate::value::names::Names`] reads it.
    Names,
    /// The name of a time zone.
    Zone,
    /// A day, `2024-03-10`, or the first or last of a month that is a parameter, `billing_month.first`.
    Date,
    /// A month, `2024-03`, or `latest`, `previous` or `current`; bound as its first day.
    Month,
    /// An instant or a day, which is its midnight, UTC; null where nobody gives one.
    Instant,
    /// One of these words.
    OneOf(Vec<String>),
}

/// What a header can say behind its first sentences.
const SECTIONS: [&str; 10] =
    ["grain", "params", "columns", "checks", "severity", "period", "apart", "published", "parts", "codes"];

/// Units a decimal column can be in, and the column that must stand beside it.
const UNITS: [(&str, Option<&str>); 7] = [
    ("currency", Some("currency")),
    ("credit type", Some("credit_type_id")),
    ("credit type of the line", Some("line_item_id")),
    ("credit type of the grant", Some("credit_grant_id")),
    ("quantity", None),
    ("fraction", None),
    ("days", None),
];

impl Header {
    /// Reads the comment lines above the query.
    ///
    /// # Errors
    /// What is wrong, in words for the author.
    pub fn parse(sql: &str, layer: Layer) -> Result<Self, String> {
        let mut header = Self {
            title: String::new(),
            grain: Grain::None,
            parameters: Vec::new(),
            columns: Vec::new(),
            checks: Vec::new(),
            severity: Severity::Block,
            period: None,
            apart: Vec::new(),
            parts: None,
            is_always_published: false,
            codes: Vec::new(),
        };
        let mut section = "title";
        for line in sql.lines().map_while(|line| line.strip_prefix("--")) {
            let text = line.trim();
            if text.is_empty() {
                section = if section == "title" && header.title.is_empty() { "title" } else { "" };
                continue;
            }
            let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
            let indented = line.starts_with("   ");
            let rest = match (indented, word) {
                (false, word) if SECTIONS.contains(&word) && !is_sentence(word, rest) => {
                    section = word;
                    rest.trim()
                }
                _ => text,
            };
            if !rest.is_empty() {
                header.take(section, rest)?;
            }
        }
        header.validate(layer)?;
        Ok(header)
    }

    fn take(&mut self, section: &str, text: &str) -> Result<(), String> {
        match section {
            "title" => {
                self.title = format!("{} {text}", self.title).trim().to_owned();
            }
            "grain" => {
                self.grain = match text.strip_prefix("rows of ") {
                    Some(model) => Grain::RowsOf(model.trim().to_owned()),
                    None => Grain::Columns(text.split(',').map(|name| name.trim().to_owned()).collect()),
                };
            }
            "params" => {
                for declared in text.split('$').skip(1) {
                    self.parameters.push(parameter(declared.trim_end_matches([',', ' ']))?);
                }
            }
            "columns" => self.columns.push(column(text)?),
            "checks" => self.checks.push(text.to_owned()),
            "severity" => self.severity = severity(text.split_whitespace().next().unwrap_or_default())?,
            "period" => self.period = Some(text.to_owned()),
            "apart" => self.apart.extend(text.split(',').map(|name| name.trim().to_owned())),
            "parts" => self.parts = Some(text.to_owned()),
            "published" if text == "always" => self.is_always_published = true,
            "published" => return Err(format!("published is {text:?}, expected always")),
            "codes" => self.codes.push(code(text)?),
            _ => {}
        }
        Ok(())
    }

    fn validate(&self, layer: Layer) -> Result<(), String> {
        if self.title.is_empty() {
            return Err("the header has no title: its first line says what one row is".to_owned());
        }
        if layer == Layer::Checks {
            return Ok(());
        }
        if self.columns.is_empty() {
            return Err("the header declares no columns".to_owned());
        }
        match &self.grain {
            Grain::None => return Err("the header declares no grain".to_owned()),
            Grain::RowsOf(_) => {}
            Grain::Columns(names) => {
                if let Some(name) = names.iter().find(|name| !self.has(name)) {
                    return Err(format!("the grain names {name}, which is no column"));
                }
            }
        }
        if self.period.is_some() && !matches!(self.grain, Grain::Columns(_)) {
            return Err("a report with a period declares its grain by columns".to_owned());
        }
        if let Some(period) = &self.period
            && !self.columns.iter().any(|column| column.name == *period && column.kind == SqlType::Date)
        {
            return Err(format!("the period is {period}, which is no column of type date"));
        }
        if let Some(name) = self.apart.iter().find(|name| !self.has(name)) {
            return Err(format!("apart stands {name}, which is no column"));
        }
        for column in &self.columns {
            match (&column.unit, column.kind) {
                (None, SqlType::Decimal) => {
                    return Err(format!("the decimal column {} has no [unit]", column.name));
                }
                (Some(unit), _) => match UNITS.iter().find(|(name, _)| name == unit) {
                    None => {
                        let known: Vec<_> = UNITS.iter().map(|(name, _)| *name).collect();
                        return Err(format!(
                            "{}: [{unit}] is no unit, expected one of {}",
                            column.name,
                            known.join(", ")
                        ));
                    }
                    Some((_, Some(beside))) if !self.has(beside) => {
                        return Err(format!("{} is in [{unit}] but there is no column {beside}", column.name));
                    }
                    Some(_) => {}
                },
                (None, _) => {}
            }
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }
}

/// Whether a line begins with the word of a section by chance: one blank follows a word of a sentence.
fn is_sentence(word: &str, rest: &str) -> bool {
    ["period", "apart", "published", "parts", "codes"].contains(&word)
        && !(rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "block" => Ok(Severity::Block),
        "warn" => Ok(Severity::Warn),
        _ => Err(format!("severity is {text:?}, expected block or warn")),
    }
}

fn code(text: &str) -> Result<Code, String> {
    let wrong = || format!("code line {text:?}: expected `CODE block|warn description`");
    let (name, rest) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
    let (word, doc) = rest.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
    let is_upper = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    if !name.chars().all(is_upper) {
        return Err(format!("the code {name} is to be in upper-case letters, digits and underscores"));
    }
    Ok(Code { name: name.to_owned(), severity: severity(word)?, doc: doc.trim().to_owned() })
}

fn column(text: &str) -> Result<HeaderColumn, String> {
    let wrong = || format!("column line {text:?}: expected `name type [unit] description`");
    let (name, rest) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
    let rest = rest.trim_start();
    const TYPES: [(&str, SqlType); 6] = [
        ("text", SqlType::Text),
        ("integer", SqlType::Integer),
        ("boolean", SqlType::Boolean),
        ("date", SqlType::Date),
        ("timestamp", SqlType::Timestamp),
        ("decimal(38, 18)", SqlType::Decimal),
    ];
    let (kind, rest) = TYPES
        .iter()
        .find_map(|(word, kind)| rest.strip_prefix(word).map(|rest| (*kind, rest)))
        .filter(|(_, rest)| rest.is_empty() || rest.starts_with(['?', ' ']))
        .ok_or_else(|| format!("column {name}: the type is one of {}", TYPES.map(|(word, _)| word).join(", ")))?;
    let (nullable, rest) = rest.strip_prefix('?').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    let (unit, doc) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((unit, doc)) => (Some(unit.to_owned()), doc.trim()),
        None => (None, rest),
    };
    if doc.is_empty() {
        return Err(format!("column {name} has no description"));
    }
    Ok(HeaderColumn { name: name.to_owned(), kind, nullable, unit, doc: doc.to_owned() })
}

fn parameter(text: &str) -> Result<ParameterSpec, String> {
    let wrong = || {
        format!("params entry {text:?}: expected `$name text|names|time_zone|date|month|instant` or `$name one|two`")
    };
    let (name, kind) = text.split_once(char::is_whitespace).ok_or_else(wrong)?;
    let name = name.to_owned();
    let mut words = kind.split_whitespace();
    let kind = match words.next().ok_or_else(wrong)? {
        "text" => ParameterKind::Text,
        "names" => ParameterKind::Names,
        "time_zone" => ParameterKind::Zone,
        "date" => ParameterKind::Date,
        "month" => ParameterKind::Month,
        "instant" => ParameterKind::Instant,
        choice if choice.contains('|') => ParameterKind::OneOf(choice.split('|').map(str::to_owned).collect()),
        _ => return Err(wrong()),
    };
    let default = words.next().filter(|word| *word == "=").and_then(|_| words.next()).map(str::to_owned);
    Ok(ParameterSpec { name, kind, default })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "-- Billing per customer.\n--\n-- grain    customer_id, currency\n-- params   $month month, $basis a|b\n\
        -- columns\n--   customer_id  text  who\n--   currency     text  of the amounts\n\
        --   total_amount decimal(38, 18) [currency] after credits\n--   voided_at    timestamp?  when\n\
        -- checks\n--   total_amount >= 0\nselect 1";

    #[test]
    fn a_header_tells_grain_parameters_columns_units_and_checks() {
        let header = Header::parse(GOOD, Layer::Marts).unwrap();
        assert_eq!(header.title, "Billing per customer.");
        assert_eq!(header.grain, Grain::Columns(vec!["customer_id".into(), "currency".into()]));
        assert_eq!(header.parameters[1].kind, ParameterKind::OneOf(vec!["a".into(), "b".into()]));
        assert_eq!(header.columns[2].unit.as_deref(), Some("currency"));
        assert!(header.columns[3].nullable && !header.columns[2].nullable);
        assert_eq!(header.checks, ["total_amount >= 0"]);
    }

    #[test]
    fn a_period_is_a_date_column_and_codes_say_what_they_do() {
        let with =
            |lines: &str| Header::parse(&GOOD.replace("-- columns", &format!("{lines}-- columns")), Layer::Marts);
        let header = with("-- published  always\n-- codes\n--   LINE_LOST  warn   a line is not there\n").unwrap();
        assert!(header.is_always_published);
        assert_eq!(header.codes[0].name, "LINE_LOST");
        assert_eq!(header.codes[0].severity, Severity::Warn);
        assert_eq!(header.codes[0].doc, "a line is not there");
        assert_eq!(with("-- parts   egress.events\n").unwrap().parts.as_deref(), Some("egress.events"));
        assert!(with("-- period   currency\n").unwrap_err().contains("no column of type date"));
        assert!(with("-- codes\n--   LINE_LOST  stop  gone\n").unwrap_err().contains("expected block or warn"));
        assert!(with("-- codes\n--   line_lost  warn  gone\n").unwrap_err().contains("upper-case"));
        assert!(with("-- codes\n--   LINE_LOST\n").unwrap_err().contains("expected `CODE block|warn"));
        // A sentence that begins with the word of a section.
        assert_eq!(with("-- period of the invoice, not of the line.\n").unwrap().period, None);
    }

    #[test]
    fn a_parameter_can_have_a_default() {
        let header =
            Header::parse(&GOOD.replace("$basis a|b", "$basis a|b = b, $as_of instant"), Layer::Marts).unwrap();
        let defaults: Vec<_> = header.parameters.iter().map(|given| given.default.as_deref()).collect();
        assert_eq!(defaults, [None, Some("b"), None]);
        assert_eq!(header.parameters[2].kind, ParameterKind::Instant);
    }

    #[test]
    fn a_header_that_leaves_out_what_it_must_say_is_refused_in_words() {
        let refusal = |from: &str, to: &str| Header::parse(&GOOD.replace(from, to), Layer::Marts).unwrap_err();
        assert!(refusal(" [currency] after", " after").contains("total_amount has no [unit]"));
        assert!(refusal("[currency]", "[cents]").contains("[cents] is no unit"));
        assert!(refusal("--   currency     text  of the amounts\n", "").contains("currency"));
        assert!(refusal("customer_id, currency", "customer").contains("the grain names customer"));
        assert!(refusal("timestamp?", "instant").contains("the type is one of"));
        assert!(refusal("month month", "month").contains("params entry"));
    }
}
