//! Endpoints as data: what to ask, page after page, and what the answers stand for. Requests, plan, decoder and
//! documentation come from here. No I/O.

/// One list endpoint of the API. Source of the facts: Metronome's API reference, by way of its OpenAPI document.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The name of its rows' table, and of its journal.
    pub name: &'static str,
    /// How it is asked.
    pub method: Method,
    /// Path with `{parameter}` for what [`Endpoint::per`] fills in.
    pub path: &'static str,
    /// Asked once for each row of another endpoint.
    pub per: &'static [Per],
    /// Parameters that never change: in the query of a GET, in the body of a POST.
    pub parameters: &'static [(&'static str, Value)],
    /// Further parameters, each list of them a series of requests of its own; none for a single series.
    pub passes: &'static [&'static [(&'static str, Value)]],
    /// How one page leads to the next.
    pub paging: Paging,
    /// How much of it a run reads.
    pub read: Read,
}

/// HTTP methods of reads. Many of Metronome's are POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Parameters in the query.
    Get,
    /// Parameters in a JSON body, which is sent even when empty.
    Post,
}

/// A parameter that comes from the rows of another endpoint, which is read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Per {
    /// The parameter: filled into the path where that names it, else sent beside the others.
    pub parameter: &'static str,
    /// The endpoint whose rows have it. Of several parameters all are of one endpoint.
    pub endpoint: &'static str,
    /// Where in those rows, dots leading into objects; or, with `asked`, what that endpoint itself was asked with.
    pub field: &'static str,
    /// Whether `field` is a parameter of the other endpoint's request and not a field of its rows.
    pub asked: bool,
}

/// A constant parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(&'static str),
    /// True or false.
    Flag(bool),
    /// Texts; joined by commas in a query.
    Texts(&'static [&'static str]),
}

/// How one page leads to the next. An absent, null or empty cursor ends all but [`Paging::Log`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// One answer holds everything.
    None,
    /// `next_page` in the query, also of a POST, and `limit` beside it where the endpoint takes one.
    Query {
        /// Rows to a page.
        limit: Option<u16>,
    },
    /// A cursor in the body.
    Body {
        /// Its name, in the body and in the answer.
        cursor: &'static str,
        /// Rows to a page, where the endpoint takes that.
        limit: Option<u16>,
    },
    /// As [`Paging::Query`], but every page has a cursor: the one without rows is the last, and the cursor before it is
    /// where the next run begins.
    Log {
        /// Rows to a page.
        limit: u16,
    },
}

/// How much of an endpoint a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// All of it.
    Whole,
    /// Newest first, until a page is older than the lookback and holds no draft; all of it now and then.
    NewestFirst {
        /// The field that pages are sorted by.
        date: &'static str,
    },
    /// UTC days: those that late events can still change, and those that no run has read yet.
    Days {
        /// The parameter for the first instant.
        from: &'static str,
        /// The parameter for the first instant after.
        until: &'static str,
        /// Days that one series may span.
        step: u16,
    },
    /// From where the last run's cursor stood.
    Log,
}

impl Endpoint {
    /// An endpoint with these, to be completed by `..Endpoint::NEW`.
    pub const NEW: Self = Self {
        name: "",
        method: Method::Get,
        path: "",
        per: &[],
        parameters: &[],
        passes: &[],
        paging: Paging::Query { limit: Some(100) },
        read: Read::Whole,
    };
}

/// For each row of `customers`.
pub const PER_CUSTOMER: &[Per] = &[Per { parameter: "customer_id", endpoint: "customers", field: "id", asked: false }];
