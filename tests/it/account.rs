//! A project that reads the API: the real binary, and an account that a simulator serves from this process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use simulator::account::Account as Books;
use simulator::serve::counts::Counts;
use simulator::serve::faults::{Fault, Rule};
use simulator::{Options, Server, serve};

use crate::project::{Outcome, Project};

/// What opens the account. Nothing else may look like it: files are searched for it.
pub const TOKEN: &str = "mtr0n0me+s3cret/of=the-tests-4711";

/// A project and the account that it reads.
pub struct Account {
    /// The project.
    pub project: Project,
    /// The account.
    pub server: Server,
}

/// Days that lie in every account that is served here, for the endpoints that are read by days: a run would otherwise
/// read the days before the machine's clock, years after the account's last event.
pub const DAYS: [&str; 4] = ["--from", "2024-03-01", "--to", "2024-03-03"];

/// An account of this many customers, three whole months and an open one, May 2024.
pub fn live(customers: usize) -> Options {
    Options::new(Books::live(5, customers, 3), TOKEN)
}

impl Account {
    /// A project that reads this account, with lines of `[api]` besides its address.
    pub fn new(options: Options, api: &str) -> Self {
        Self::of(serve(options).unwrap(), &["api"], api)
    }

    /// Twelve customers, one of each kind; requests one after another, so that faults hit the page that is meant.
    pub fn small() -> Self {
        Self::new(live(12), "concurrency = 1")
    }

    /// A project with these sources that reads what this server answers.
    pub fn of(server: Server, sources: &[&str], api: &str) -> Self {
        let project = Project::new();
        let base_url = server.base_url();
        project.add_settings(&format!("source = {sources:?}\n[api]\nbase_url = {base_url:?}\n{api}"));
        Self { project, server }
    }

    /// The account is another from now on, as the server of other options shows it; the project stays.
    pub fn becomes(self, options: Options) -> Self {
        let before = self.server.base_url().to_owned();
        let server = serve(options).unwrap();
        let settings = self.project.read("pipeline.toml").replace(&before, server.base_url());
        self.project.write("pipeline.toml", settings);
        Self { server, ..self }
    }

    /// A command with the token in its environment.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.project.command(args);
        command.env("METRONOME_BEARER_TOKEN", TOKEN);
        command
    }

    /// Runs `etl` with these words.
    pub fn etl(&self, args: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(args))
    }

    /// `etl run --stage extract` of these tables: the API is asked, and the lake takes what it said.
    pub fn extract(&self, tables: &str) -> Outcome {
        self.etl(&["run", "--stage", "extract", "--table", tables])
    }

    /// The same, with one fault and no other from now on.
    pub fn extract_with(&self, tables: &str, rule: Rule) -> Outcome {
        self.server.set_faults(vec![rule]);
        self.extract(tables)
    }

    /// Everything that can be read, of [`DAYS`].
    pub fn extract_all(&self) -> Outcome {
        self.etl(&[&["run", "--stage", "extract"][..], &DAYS].concat())
    }

    /// Requests to an endpoint so far, such as `GET /v1/customers`.
    pub fn requests(&self, endpoint: &str) -> u64 {
        self.server.counts().of(endpoint).requests
    }

    /// Requests to each endpoint since these counts.
    pub fn since(&self, before: &Counts) -> Vec<(String, u64)> {
        let now = self.server.counts();
        let more = |(name, count): (&String, &simulator::serve::counts::Count)| {
            let more = count.requests - before.of(name).requests;
            (more > 0).then(|| (name.clone(), more))
        };
        now.endpoints.iter().filter_map(more).collect()
    }

    /// Each row of a list as its text, asked for page by page.
    pub fn listed(&self, path: &str) -> Vec<String> {
        self.pages("GET", path, "", false)
    }

    /// The same of a list that is asked for with a body, the fields of an object without its braces; its cursor stands
    /// in the body or in the query.
    pub fn posted(&self, path: &str, fields: &str, cursor_in_body: bool) -> Vec<String> {
        self.pages("POST", path, fields, cursor_in_body)
    }

    fn pages(&self, method: &str, path: &str, fields: &str, cursor_in_body: bool) -> Vec<String> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let mut path = path.to_owned();
            let mut fields = fields.to_owned();
            match &cursor {
                Some(cursor) if cursor_in_body => fields += &format!(",\"next_page\":{cursor:?}"),
                Some(cursor) => path += &format!("{}next_page={cursor}", if path.contains('?') { '&' } else { '?' }),
                None => {}
            }
            let body = if method == "GET" { String::new() } else { format!("{{{fields}}}") };
            let text = ask(self.server.base_url(), method, &path, &body);
            let page: Page<'_> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            rows.extend(page.data.iter().map(|row| row.get().to_owned()));
            // The audit log has a cursor for ever.
            cursor = page.next_page.filter(|_| !page.data.is_empty());
            if cursor.is_none() {
                return rows;
            }
        }
    }

    /// The ids of the customers, archived ones included.
    pub fn customers(&self) -> Vec<String> {
        let both = [self.listed("/v1/customers"), self.listed("/v1/customers?only_archived=true")].concat();
        both.iter().map(|row| field(row, "id")).collect()
    }

    /// Every invoice as its text.
    pub fn invoices(&self) -> Vec<String> {
        self.customers().iter().flat_map(|id| self.listed(&format!("/v1/customers/{id}/invoices"))).collect()
    }
}

/// A rule that does not pass.
pub fn for_good(path: &str, fault: Fault) -> Rule {
    Rule { times: 0, ..Rule::new(path, fault) }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    next_page: Option<String>,
}

/// A field of an object as text: a text without its quotes, a number with the digits that it is written with. Null and
/// a field that is not there are empty.
pub fn field(row: &str, name: &str) -> String {
    let fields: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(row).unwrap();
    let text = fields.get(name).map_or("null", |raw| raw.get());
    match serde_json::from_str(text).unwrap() {
        Value::Null => String::new(),
        Value::String(text) => text,
        _ => text.to_owned(),
    }
}

/// The entries of an array in an object, each as its text.
pub fn entries(row: &str, name: &str) -> Vec<String> {
    let fields: std::collections::BTreeMap<String, &RawValue> = serde_json::from_str(row).unwrap();
    let list = fields.get(name).map_or("[]", |raw| raw.get());
    serde_json::from_str::<Vec<&RawValue>>(list).unwrap().iter().map(|raw| raw.get().to_owned()).collect()
}

/// A number without zeros that say nothing: `1.50` is `1.5`.
pub fn plain(number: &str) -> String {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => number.to_owned(),
    }
}

/// The body of a request's answer, which must be a success. Written by hand: what is read here must not go through the
/// client that is tested.
pub fn ask(base_url: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
    body.to_owned()
}

/// Every row of these tables of the API without where it came from, or of all of them, each behind its table's name,
/// sorted.
pub fn business(project: &Project, tables: &[&str]) -> Vec<String> {
    let of = |table: &&&etl::catalog::Table| table.is_answered() && (tables.is_empty() || tables.contains(&table.name));
    let select = |table: &&etl::catalog::Table| {
        let text = |column: &etl::catalog::Column| format!("coalesce(cast(\"{}\" as varchar), '-')", column.name);
        let columns: Vec<_> = table.columns.iter().map(text).collect();
        format!("select '{0}' as place, concat_ws('|', {1}) as line from api.{0}", table.name, columns.join(", "))
    };
    let selects: Vec<_> = etl::catalog::TABLES.iter().filter(of).map(select).collect();
    let mut rows = project.rows(&selects.join("\nunion all "));
    rows.sort();
    rows
}

/// Asserts that two lists are the same and shows where they part.
#[track_caller]
pub fn assert_same(left: &[String], right: &[String], what: &str) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        let those: std::collections::HashSet<_> = those.iter().collect();
        these.iter().filter(|row| !those.contains(row)).take(3).cloned().collect()
    };
    assert!(
        left == right,
        "{what}: {} rows and {} rows; only on the left {:#?}, only on the right {:#?}",
        left.len(),
        right.len(),
        only(left, right),
        only(right, left)
    );
}
