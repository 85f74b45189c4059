//! The lake's own tables, schema `etl`: what runs did. Described like all others, so that they can be asked with SQL.

use super::{Column, Kind, Unit};

/// One of the lake's own tables.
#[derive(Debug)]
pub struct RunTable {
    /// Qualified name.
    pub name: &'static str,
    /// What one row is.
    pub doc: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

/// Runs, one row each: the newest row says which version of every table is published.
pub const RUNS: RunTable = RunTable {
    name: "etl.runs",
    doc: "Runs that changed something, one row each. The newest names the published version of every table.",
    columns: &[
        Column::new("run_id", Kind::Id, "The run, a UUID that sorts by time."),
        Column::new("started_at", Kind::Timestamp, "When it began, UTC."),
        Column::new("stage", Kind::Text, "The stage that was asked for."),
        Column::new(
            "status",
            Kind::Text,
            "`done`, or `blocked` where data kept it from publishing tables and reports.",
        ),
        Column::new("environment", Kind::Text, "The environment that its reports are of; null where rows name none."),
        Column::new("parameters", Kind::Json, "The parameters of its reports, a JSON object of texts."),
        Column::new("versions", Kind::Json, "Published version of every table, a JSON object."),
        Column::new(
            "contents",
            Kind::Json,
            "What each of these versions holds: files, rows, and a hash of their list, by which readers notice a damaged log.",
        ),
        Column::new(
            "reports",
            Kind::Json,
            "What each published report was made from: run, environment, parameters, tables.",
        ),
        Column::new("quarantined_cells", Kind::Integer, "Cells in quarantine when it ended."),
        Column::new("receipts", Kind::Json, "What each stage did: items, rows, files, bytes, milliseconds."),
        Column::new("etl_version", Kind::Text, "Version of the tool."),
    ],
};

/// Delivered files that the lake has taken.
pub const FILES: RunTable = RunTable {
    name: "etl.files",
    doc: "Delivered files the lake has taken, one row for each file, as last read.",
    columns: &[
        Column::new("table_name", Kind::Text, "The table it belongs to, qualified."),
        Column::new("path", Kind::Text, "Relative to the landing folder; the rows' `_source_file`."),
        Column::new("size_bytes", Kind::Integer, "Its size."),
        Column::new("modified_at", Kind::Timestamp, "When it was last written, UTC."),
        Column::new("fingerprint", Kind::Text, "XXH3-128 of its bytes, hexadecimal."),
        Column::new("row_count", Kind::Integer, "Rows in it, bad and superseded ones included."),
        Column::new("environments", Kind::Text, "Environments its rows name, separated by commas."),
        Column::new("run_id", Kind::Id, "The run that read it."),
    ],
};

/// Cells that could not be typed.
pub const QUARANTINE: RunTable = RunTable {
    name: "etl.quarantine",
    doc: "Cells that are no value of their column, one row each; their rows are in no table.",
    columns: &[
        Column::new("table_name", Kind::Text, "The table, qualified."),
        Column::new("file", Kind::Text, "The delivered file, relative to the landing folder."),
        Column::new(
            "row_number",
            Kind::Integer,
            "The row in the file, the first behind the header being 1; of a journal, the answer.",
        ),
        Column::new("pointer", Kind::Text, "Where it stands in that answer, a JSON pointer; null for export files."),
        Column::new("column_name", Kind::Text, "The column; null where the whole row is at fault."),
        Column::new("value", Kind::Text, "What stands there, cut to 200 characters."),
        Column::new("reason", Kind::Text, "Why it is no value of the column."),
        Column::new("run_id", Kind::Id, "The run that read it."),
    ],
};

/// Deliveries that contradict each other.
pub const CONTRADICTIONS: RunTable = RunTable {
    name: "etl.contradictions",
    doc: "Delivered rows that do not count, one row each: as new as the one that does, and saying something else.",
    columns: &[
        Column::new("table_name", Kind::Text, "The table, qualified."),
        Column::new("file", Kind::Text, "The delivered file, relative to the landing folder."),
        Column::new("row_number", Kind::Integer, "The row in the file: the first behind the header is 1."),
        Column::new("row", Kind::Json, "What it says, the vendor's columns as an object."),
        Column::new("kept_row", Kind::Json, "What the row of its key says that counts."),
        Column::new("differing_columns", Kind::Text, "The columns in which the two differ, joined by commas."),
        Column::new("run_id", Kind::Id, "The run that read it."),
    ],
};

/// Export files that were delivered more than once.
pub const REPEATED_FILES: RunTable = RunTable {
    name: "etl.repeated_files",
    doc: "Export files with the bytes of another, one row each; their rows count once.",
    columns: &[
        Column::new("table_name", Kind::Text, "The table it belongs to, qualified."),
        Column::new("path", Kind::Text, "The file, relative to the landing folder."),
        Column::new("same_as", Kind::Text, "The file with these bytes that is first by name."),
        Column::new("row_count", Kind::Integer, "Rows in it."),
    ],
};

/// What the API listed and then did not know.
pub const NOT_FOUND: RunTable = RunTable {
    name: "etl.not_found",
    doc: "What the newest read of an endpoint was to ask for, since the API had listed it, and got the answer that it is not there.",
    columns: &[
        Column::new("endpoint", Kind::Id, "The endpoint, by the name of its table."),
        Column::new("asked", Kind::Json, "What it was asked for, a JSON object: a customer's id."),
        Column::new("path", Kind::Text, "Path and query of the request."),
        Column::new("found_at", Kind::Timestamp, "When the answer came, UTC."),
        Column::new("known_rows", Kind::Integer, "Rows of it that the lake had from earlier reads."),
        Column::new("run_id", Kind::Id, "The run that read the answer."),
    ],
};

/// What was read of the API.
pub const EXTRACTIONS: RunTable = RunTable {
    name: "etl.extractions",
    doc: "Reads of the API, one row for each extraction and endpoint. What to read next follows from them.",
    columns: &[
        Column::new("extraction_id", Kind::Id, "The extraction: the run that began it."),
        Column::new("endpoint", Kind::Id, "The endpoint, by the name of its table."),
        Column::new("base_url", Kind::Text, "The account's address, or `simulator`."),
        Column::new("began_at", Kind::Timestamp, "When the extraction began, UTC."),
        Column::new("ended_at", Kind::Timestamp, "When it ended, UTC."),
        Column::new("read_from", Kind::Timestamp, "First instant of the days read, or how far back; null for all."),
        Column::new("read_until", Kind::Timestamp, "First instant after the days read; null where it is not by days."),
        Column::new("next_cursor", Kind::Text, "Where a log was left off."),
        Column::new("answer_count", Kind::Integer, "Answers in the journal."),
        Column::new("row_count", Kind::Integer, "Rows that they list."),
        Column::new("request_count", Kind::Integer, "Requests that were sent for them."),
        Column::new("error", Kind::Text, "Why it is not complete and nothing of it counts; null where it is."),
        Column::new(
            "repeats",
            Kind::Id,
            "The earlier extraction that had the same answers, whose journal stands for both.",
        ),
    ],
};

/// What the checks found.
pub const CHECKS: RunTable = RunTable {
    name: "etl.checks",
    doc: "Results of the newest transform's checks, one row each.",
    columns: &[
        Column::new("check_name", Kind::Text, "The report and rule, or the file in sql/checks."),
        Column::new("severity", Kind::Text, "`block` or `warn`."),
        Column::new("offending_rows", Kind::Integer, "Rows that break the rule; 0 where it holds."),
        Column::new("first_row", Kind::Json, "The first offending row as JSON; null where it holds."),
        Column::new("run_id", Kind::Id, "The run that checked."),
    ],
};

/// When reconciliation exceptions were first seen.
pub const EXCEPTIONS: RunTable = RunTable {
    name: "etl.exceptions",
    doc: "Reconciliation exceptions that some run found, one row each, whether they stand still or not.",
    columns: &[
        Column::new("exception_id", Kind::Id, "The exception: the same in every run."),
        Column::new("code", Kind::Text, "Its code."),
        Column::new("first_seen", Kind::Timestamp, "The day of the newest delivery when it was first found, UTC."),
        Column::new("run_id", Kind::Id, "The run that found it."),
    ],
};

/// Exceptions that somebody takes as they are.
pub const ACCEPTANCES: RunTable = RunTable {
    name: "etl.acceptances",
    doc: "Reconciliation exceptions accepted with a reason, one row each: they block no more; and what spoke against a close.",
    columns: &[
        Column::new("exception_id", Kind::Id, "The exception; of what spoke against a close, its code and the month."),
        Column::new("code", Kind::Text, "Its code."),
        Column::new("period", Kind::Timestamp, "The month for whose close it was accepted, its first instant, UTC."),
        Column::new("reason", Kind::Text, "Why, as it was given."),
        Column::new("accepted_at", Kind::Timestamp, "When, UTC."),
        Column::new("run_id", Kind::Id, "The close that accepted it."),
        Column::new(
            "until",
            Kind::Timestamp,
            "The last day of data that it is accepted for, its first instant, UTC; null for ever.",
        ),
        Column::new("accepted_by", Kind::Text, "Who accepted it; null where nobody said."),
    ],
};

/// Months that are closed.
pub const CLOSES: RunTable = RunTable {
    name: "etl.closes",
    doc: "Closes, one row each: the newest says up to which month figures stay as they are.",
    columns: &[
        Column::new(
            "period",
            Kind::Timestamp,
            "The month closed, its first instant, UTC; all before it are closed too.",
        ),
        Column::new("closed_at", Kind::Timestamp, "When, UTC."),
        Column::new("run_id", Kind::Id, "The close."),
        Column::new("environment", Kind::Text, "The environment closed; null where rows name none."),
        Column::new("parameters", Kind::Json, "The parameters, policies among them, a JSON object of texts."),
        Column::new("versions", Kind::Json, "The version of every table that was closed on, a JSON object."),
        Column::new("pack", Kind::Json, "The files of the close pack, SHA-256 by name, a JSON object."),
        Column::new("etl_version", Kind::Text, "Version of the tool."),
        Column::new(
            "posted_lines",
            Kind::Integer,
            "Lines of journal entries that it added to `etl.postings`; null of a version that kept none.",
        ),
        Column::new("reopened_at", Kind::Timestamp, "When it was undone, UTC; null where it stands."),
        Column::new("reopen_reason", Kind::Text, "Why it was undone, as it was given."),
        Column::new("reopen_run_id", Kind::Id, "The run that undid it."),
    ],
};

/// What has been posted.
pub const POSTINGS: RunTable = RunTable {
    name: "etl.postings",
    doc: "Lines of journal entries of closed months, one row each: what was posted with each close. Of a close that was undone they count no more.",
    columns: &[
        Column::new("closed_run_id", Kind::Id, "The close."),
        Column::new("month", Kind::Timestamp, "The month it was posted in, its first instant, UTC."),
        Column::new("entry_id", Kind::Id, "The entry."),
        Column::new("line_number", Kind::Integer, "The line in it."),
        Column::new("event", Kind::Text, "What happened."),
        Column::new("account_name", Kind::Text, "The account."),
        Column::new("account_type", Kind::Text, "`asset`, `liability`, `revenue` or `contra_revenue`."),
        Column::new("customer_id", Kind::Text, "The customer."),
        Column::new("contract_id", Kind::Text, "The contract."),
        Column::new("product_id", Kind::Text, "The product."),
        Column::new("balance_id", Kind::Text, "The commit concerned."),
        Column::new("invoice_id", Kind::Text, "The invoice."),
        Column::new("currency", Kind::Text, "The currency of the amounts."),
        Column::new("debit_amount", Kind::Decimal, "Debited; null on a credit line.").unit(Unit::CreditType),
        Column::new("credit_amount", Kind::Decimal, "Credited; null on a debit line.").unit(Unit::CreditType),
        Column::new("corrects_month", Kind::Timestamp, "The closed month that it corrects, its first instant, UTC."),
        Column::new("corrects_entry_id", Kind::Id, "The entry of that month that it corrects."),
    ],
};

/// Closed figures that would be others by now.
pub const RESTATEMENTS: RunTable = RunTable {
    name: "etl.restatements",
    doc: "Movements of closed figures, one row each: what the figure is booked as, and what it would be by now.",
    columns: &[
        Column::new("restatement_id", Kind::Id, "Made of report, row, figure and booked month: the same in every run."),
        Column::new("report", Kind::Text, "The report."),
        Column::new("row_key", Kind::Json, "The row: its grain, a JSON object of texts."),
        Column::new("customer_id", Kind::Text, "The customer, where the report names one."),
        Column::new("currency", Kind::Text, "The currency or unit of the figure."),
        Column::new("figure", Kind::Text, "The column."),
        Column::new("period", Kind::Timestamp, "The closed month it belongs to, its first instant, UTC."),
        Column::new(
            "booked_month",
            Kind::Timestamp,
            "The open month the movement is booked in, its first instant, UTC.",
        ),
        Column::new("old_amount", Kind::Decimal, "As closed, and as restated in months closed since.")
            .unit(Unit::CreditType),
        Column::new("new_amount", Kind::Decimal, "As it would be by now.").unit(Unit::CreditType),
        Column::new("difference_amount", Kind::Decimal, "New less old.").unit(Unit::CreditType),
        Column::new("cause", Kind::Text, "What changed in the data since, as far as it can be told."),
        Column::new("closed_run_id", Kind::Id, "The close that fixed the figure."),
        Column::new("run_id", Kind::Id, "The run that found the movement."),
    ],
};

/// Whose data the lake holds.
pub const ORIGINS: RunTable = RunTable {
    name: "etl.origins",
    doc: "Whose data the lake holds: the newest row. Rows of another origin are refused; earlier rows are what changed within it.",
    columns: &[
        Column::new("data", Kind::Text, "`sample` for the sample account's, `own` for a company's own."),
        Column::new(
            "account",
            Kind::Text,
            "The account's address, or `simulator`; null where the API was never asked.",
        ),
        Column::new("landing", Kind::Text, "The landing folder, absolute."),
        Column::new("landing_from_lake", Kind::Text, "The same from the lake's folder: both may be moved together."),
        Column::new("recorded_at", Kind::Timestamp, "When the run began that said so, UTC."),
        Column::new("run_id", Kind::Id, "That run."),
    ],
};

/// All of them.
pub const RUN_TABLES: &[&RunTable] = &[
    &RUNS,
    &FILES,
    &QUARANTINE,
    &CONTRADICTIONS,
    &REPEATED_FILES,
    &EXTRACTIONS,
    &NOT_FOUND,
    &CHECKS,
    &EXCEPTIONS,
    &ACCEPTANCES,
    &CLOSES,
    &POSTINGS,
    &RESTATEMENTS,
    &ORIGINS,
];
