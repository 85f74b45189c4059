//! What to ask next. Knows series and their order; knows neither HTTP nor files, and the time comes in.
//!
//! Endpoints without parents come first. Those that are asked for each row of another wait until that one is read to its
//! end, so that their number is known; they go row by row, all endpoints of one customer near each other in time. Where
//! even the parent has a parent, they are asked as its rows arrive. Only what is under way is held in memory, besides
//! the values of the rows and sixteen bytes for each series that an earlier run has read.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use twox_hash::XxHash3_128;

use super::page::{Page, Wanted};
use super::progress::Progress;
use super::request::{Part, Series, parts};
use crate::catalog::endpoint::{Endpoint, Paging, Per, Read};
use crate::error::{Error, Result};
use crate::place::landing::{Outcome, Plan};

/// One endpoint of the extraction.
pub struct Target {
    /// Which.
    pub endpoint: &'static Endpoint,
    /// What is looked for in its answers.
    pub wanted: Arc<Wanted>,
    /// How it goes.
    pub outcome: Outcome,
    /// Why it cannot be read.
    pub error: Option<Error>,
    /// When its first request went.
    pub began: Option<Instant>,
    start: Option<String>,
    family: usize,
    /// Families of its rows, beside [`Wanted::children`].
    children: Vec<usize>,
    /// Series begun and not ended.
    open: usize,
}

/// One page to be asked for.
#[derive(Debug, Clone)]
pub struct Job {
    /// Place among the targets.
    pub target: usize,
    /// Of what.
    pub series: Series,
    /// [`Series::text`].
    pub text: String,
    /// How far the series has come.
    pub progress: Progress,
    /// How often this page was asked for.
    pub attempt: u32,
}

/// What there is to do.
pub enum Next {
    /// Ask for this.
    Ask(Box<Job>),
    /// Nothing before this time.
    Wait(Instant),
    /// Nothing until an answer comes.
    Nothing,
}

/// Endpoints that take the same values from the rows of the same endpoint, or that take none.
struct Family {
    per: &'static [Per],
    parent: Option<usize>,
    members: Vec<(usize, Part)>,
    /// Values not worked through; those at the front are being worked through, from this member on.
    values: VecDeque<Arc<[String]>>,
    member: usize,
    seen: HashSet<u128>,
    /// Endpoints above it.
    depth: usize,
}

/// The requests of an extraction.
pub struct Schedule {
    /// Its endpoints.
    pub targets: Vec<Target>,
    families: Vec<Family>,
    /// Families in the order they are asked.
    order: Vec<usize>,
    ready: VecDeque<Box<Job>>,
    later: BTreeMap<(Instant, u64), Box<Job>>,
    count: u64,
    slow: HashMap<String, Instant>,
    /// Series that an earlier run has read.
    done: HashSet<u128>,
    /// Series that an earlier run has begun.
    begun: HashMap<u128, Progress>,
}

impl Schedule {
    /// Of these endpoints, as the plan says. One whose parent is not among them cannot be read.
    ///
    /// # Errors
    /// Failed where the plan lacks days.
    pub fn new(endpoints: &[&'static Endpoint], plan: &Plan) -> Result<Self> {
        let place = |name: &str| endpoints.iter().position(|endpoint| endpoint.name == name);
        let mut targets = Vec::new();
        let mut families: Vec<Family> = Vec::new();
        for (at, endpoint) in endpoints.iter().enumerate() {
            let reading = plan.endpoints.get(endpoint.name).cloned().unwrap_or_default();
            let parent = endpoint.per.first().map(|per| per.endpoint);
            let family = families.iter().position(|family| family.per == endpoint.per).unwrap_or(families.len());
            if family == families.len() {
                families.push(Family {
                    per: endpoint.per,
                    parent: parent.and_then(place),
                    members: Vec::new(),
                    values: if parent.is_none() { [Arc::from([])].into() } else { VecDeque::new() },
                    member: 0,
                    seen: HashSet::new(),
                    depth: 0,
                });
            }
            families[family].members.extend(parts(endpoint, &reading)?.into_iter().map(|part| (at, part)));
            let missing = parent.filter(|parent| place(parent).is_none());
            targets.push(Target {
                endpoint,
                wanted: Arc::new(Wanted {
                    paging: endpoint.paging,
                    back_to: match endpoint.read {
                        Read::NewestFirst { date } => reading.from.map(|from| (date, from)),
                        _ => None,
                    },
                    children: Vec::new(),
                }),
                outcome: Outcome::default(),
                error: missing
                    .map(|parent| Error::failed(format!("{parent} is not read, and {} needs it", endpoint.name))),
                began: None,
                start: reading.cursor.filter(|_| endpoint.read == Read::Log),
                family,
                children: Vec::new(),
                open: 0,
            });
        }
        for (at, family) in families.iter().enumerate() {
            let Some(parent) = family.parent else { continue };
            let target = &mut targets[parent];
            target.children.push(at);
            let mut wanted = Wanted::clone(&target.wanted);
            wanted.children.push(family.per);
            target.wanted = Arc::new(wanted);
        }
        // No chain is longer than there are endpoints; one that goes round in circles is never opened.
        for _ in 0..targets.len() {
            for at in 0..families.len() {
                let above = families[at].parent.map(|parent| families[targets[parent].family].depth + 1);
                families[at].depth = above.unwrap_or(0).min(targets.len());
            }
        }
        // The roots, then what arrives as it arrives, then row by row.
        let mut order: Vec<usize> = (0..families.len()).collect();
        order.sort_by_key(|at| match families[*at].depth {
            0 => 0,
            depth => usize::MAX - depth,
        });
        Ok(Self {
            targets,
            families,
            order,
            ready: VecDeque::new(),
            later: BTreeMap::new(),
            count: 0,
            slow: HashMap::new(),
            done: HashSet::new(),
            begun: HashMap::new(),
        })
    }

    /// The next page to ask for.
    pub fn next(&mut self, now: Instant) -> Next {
        loop {
            let due = self.later.first_key_value().filter(|((at, _), _)| *at <= now).map(|(key, _)| *key);
            let due = due.and_then(|key| self.later.remove(&key));
            let Some(job) = due.or_else(|| self.ready.pop_front()).or_else(|| self.generate()) else {
                let at = self.later.first_key_value().map(|((at, _), _)| *at);
                return at.map_or(Next::Nothing, Next::Wait);
            };
            if self.targets[job.target].error.is_some() {
                continue;
            }
            let slow = job.series.customer().and_then(|customer| self.slow.get(customer));
            match slow.copied() {
                Some(until) if until > now => self.put_off(job, until),
                _ => return Next::Ask(job),
            }
        }
    }

    /// A page to be asked for before any other.
    pub fn put_back(&mut self, job: Box<Job>) {
        self.ready.push_front(job);
    }

    /// A page to be asked for, and not before this time.
    pub fn put_off(&mut self, job: Box<Job>, until: Instant) {
        self.count += 1;
        self.later.insert((until, self.count), job);
    }

    /// Asks for nothing of a customer for a time.
    pub fn slow_down(&mut self, customer: &str, now: Instant, time: Duration) {
        self.slow.retain(|_, until| *until > now);
        let until = self.slow.entry(customer.to_owned()).or_insert(now);
        *until = (*until).max(now + time);
    }

    /// Takes the rows of a page that was let in.
    pub fn take(&mut self, target: usize, page: Page) {
        for (family, found) in self.targets[target].children.clone().into_iter().zip(page.children) {
            let family = &mut self.families[family];
            for values in found {
                if family.seen.insert(hash(values.iter().map(String::as_str))) {
                    family.values.push_back(values);
                }
            }
        }
    }

    /// A series is read.
    pub fn end(&mut self, job: &Job) {
        let target = &mut self.targets[job.target];
        target.open = target.open.saturating_sub(1);
        keep_cursor(target, &job.progress);
    }

    /// An endpoint cannot be read, nor those that depend on it. What is asked of them already is let come in vain.
    pub fn fail(&mut self, target: usize, error: Error) {
        if self.targets[target].error.is_some() {
            return;
        }
        let name = self.targets[target].endpoint.name;
        let kind = error.kind();
        self.targets[target].error = Some(error);
        for family in self.targets[target].children.clone() {
            self.families[family].values.clear();
            for (member, _) in self.families[family].members.clone() {
                self.fail(member, Error::new(kind, format!("{name} could not be read")));
            }
        }
    }

    /// Whether everything of an endpoint is read.
    pub fn is_complete(&self, target: usize) -> bool {
        let this = &self.targets[target];
        let family = &self.families[this.family];
        this.error.is_none()
            && this.open == 0
            && family.values.is_empty()
            && match family.parent {
                Some(parent) if family.depth < self.targets.len() => self.is_complete(parent),
                Some(_) => false,
                None => family.per.is_empty(),
            }
    }

    /// Requests that are known to be needed at least, those made included: none until the endpoints that others are
    /// asked for each row of have been read.
    pub fn planned(&self) -> Option<u64> {
        let mut planned = 0;
        for family in &self.families {
            let live = family.members.iter().filter(|(member, _)| self.targets[*member].error.is_none()).count() as u64;
            let parent = family.parent.filter(|_| live > 0);
            if parent.is_some_and(|parent| family.depth == 1 && !self.is_complete(parent)) {
                return None;
            }
            planned += live * if family.parent.is_some() { family.seen.len() as u64 } else { 1 };
        }
        Some(planned)
    }

    /// Series that an earlier run has read and this one need not ask for.
    pub fn replayed(&self) -> u64 {
        self.done.len() as u64
    }

    /// Takes an answer of an earlier run.
    ///
    /// # Errors
    /// Says why it cannot be the next one of its series.
    pub fn replay(&mut self, target: usize, series: &str, number: u32, page: Page) -> std::result::Result<(), String> {
        let this = &mut self.targets[target];
        let key = key(this.endpoint, series);
        let start = this.start.clone();
        let progress = self.begun.entry(key).or_insert_with(|| Progress::new(start));
        if number == 1 && progress.pages > 0 {
            progress.begin_again()?;
        }
        if number != progress.pages + 1 {
            return Err(format!("page {number} of {series:?} follows page {}", progress.pages));
        }
        let step = progress.take(this.endpoint.paging, &page)?;
        if step.is_end {
            keep_cursor(this, progress);
            self.begun.remove(&key);
            self.done.insert(key);
        }
        self.take(target, page);
        Ok(())
    }

    /// The first page of a series that was not begun, or the next of one that an earlier run has begun.
    fn generate(&mut self) -> Option<Box<Job>> {
        for place in 0..self.order.len() {
            let at = self.order[place];
            while self.is_open(at) {
                let family = &mut self.families[at];
                let Some(values) = family.values.front().cloned() else { break };
                let Some((target, part)) = family.members.get(family.member).copied() else {
                    family.values.pop_front();
                    family.member = 0;
                    continue;
                };
                family.member += 1;
                let this = &mut self.targets[target];
                if this.error.is_some() {
                    continue;
                }
                let series = Series { endpoint: this.endpoint, values, part };
                let text = series.text();
                let key = key(this.endpoint, &text);
                if self.done.remove(&key) {
                    continue;
                }
                let progress = self.begun.remove(&key).unwrap_or_else(|| Progress::new(this.start.clone()));
                this.open += 1;
                return Some(Box::new(Job { target, series, text, progress, attempt: 0 }));
            }
        }
        None
    }

    /// Whether a family's values may be worked through.
    fn is_open(&self, at: usize) -> bool {
        let family = &self.families[at];
        match family.parent {
            None => family.per.is_empty(),
            Some(parent) => family.depth > 1 || self.is_complete(parent),
        }
    }
}

fn keep_cursor(target: &mut Target, progress: &Progress) {
    if matches!(target.endpoint.paging, Paging::Log { .. }) {
        target.outcome.cursor.clone_from(&progress.cursor);
    }
}

fn key(endpoint: &Endpoint, series: &str) -> u128 {
    hash([endpoint.name, series].into_iter())
}

fn hash<'a>(texts: impl Iterator<Item = &'a str>) -> u128 {
    let mut hash = XxHash3_128::new();
    for text in texts {
        hash.write(&(text.len() as u64).to_le_bytes());
        hash.write(text.as_bytes());
    }
    hash.finish_128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::endpoint::PER_CUSTOMER;

    const PER_CONTRACT: &[Per] = &[
        Per { parameter: "customer_id", endpoint: "contracts", field: "customer_id", asked: true },
        Per { parameter: "contract_id", endpoint: "contracts", field: "id", asked: false },
    ];
    static CUSTOMERS: Endpoint = Endpoint { name: "customers", path: "/c", passes: &[&[], &[]], ..Endpoint::NEW };
    static PRODUCTS: Endpoint = Endpoint { name: "products", path: "/p", ..Endpoint::NEW };
    static INVOICES: Endpoint = Endpoint { name: "invoices", path: "/i", per: PER_CUSTOMER, ..Endpoint::NEW };
    static CONTRACTS: Endpoint = Endpoint { name: "contracts", path: "/k", per: PER_CUSTOMER, ..Endpoint::NEW };
    static RATES: Endpoint = Endpoint { name: "rates", path: "/r", per: PER_CONTRACT, ..Endpoint::NEW };
    const ALL: [&Endpoint; 5] = [&RATES, &CUSTOMERS, &PRODUCTS, &INVOICES, &CONTRACTS];

    fn plan() -> Plan {
        Plan {
            id: "x".to_owned(),
            began_at: 0,
            base_url: String::new(),
            etl_version: String::new(),
            endpoints: BTreeMap::new(),
        }
    }

    fn schedule(endpoints: &[&'static Endpoint]) -> Schedule {
        Schedule::new(endpoints, &plan()).unwrap()
    }

    /// What can be asked without another answer.
    fn asked(schedule: &mut Schedule) -> Vec<Job> {
        let mut jobs = Vec::new();
        while let Next::Ask(job) = schedule.next(Instant::now()) {
            jobs.push(*job);
        }
        jobs
    }

    fn names(jobs: &[Job]) -> Vec<String> {
        jobs.iter().map(|job| format!("{} {}", job.series.endpoint.name, job.text)).collect()
    }

    fn rows(values: &[&[&str]]) -> Page {
        let found = values.iter().map(|row| row.iter().map(|text| (*text).to_owned()).collect()).collect();
        Page { rows: values.len() as u64, children: vec![found], ..Page::default() }
    }

    fn end(schedule: &mut Schedule, job: &Job, page: Page) {
        schedule.take(job.target, page);
        schedule.end(job);
    }

    #[test]
    fn roots_come_first_then_row_by_row_and_deeper_ones_as_rows_arrive() {
        let mut schedule = schedule(&ALL);
        let roots = asked(&mut schedule);
        assert_eq!(names(&roots), ["customers ", "customers ", "products "]);
        assert_eq!(schedule.planned(), None);
        end(&mut schedule, &roots[0], rows(&[&["a"], &["b"]]));
        assert_eq!(asked(&mut schedule).len(), 0, "the archived ones are missing");
        end(&mut schedule, &roots[1], rows(&[&["b"]]));
        assert_eq!(schedule.planned(), Some(3 + 2 * 2));
        let Next::Ask(first) = schedule.next(Instant::now()) else { panic!() };
        let Next::Ask(second) = schedule.next(Instant::now()) else { panic!() };
        assert_eq!(first.series.endpoint.name, "invoices");
        assert_eq!((second.series.endpoint.name, second.text.as_str()), ("contracts", "customer_id=a"));
        end(&mut schedule, &second, rows(&[&["a", "k1"], &["a", "k1"], &["a", "k2"]]));
        end(&mut schedule, &first, Page::default());
        let rest = asked(&mut schedule);
        let expected = [
            "rates customer_id=a contract_id=k1",
            "rates customer_id=a contract_id=k2",
            "invoices customer_id=b",
            "contracts customer_id=b",
        ];
        assert_eq!(names(&rest), expected);
        end(&mut schedule, &roots[2], Page::default());
        rest.iter().for_each(|job| end(&mut schedule, job, Page::default()));
        assert!((0..ALL.len()).all(|target| schedule.is_complete(target)));
    }

    #[test]
    fn what_depends_on_an_endpoint_that_fails_fails_too_and_the_others_go_on() {
        let mut schedule = schedule(&ALL);
        let roots = asked(&mut schedule);
        schedule.fail(1, Error::data("customers: no list"));
        end(&mut schedule, &roots[2], Page::default());
        assert_eq!(asked(&mut schedule).len(), 0);
        let failed: Vec<_> =
            schedule.targets.iter().filter_map(|target| target.error.as_ref()).map(Error::to_string).collect();
        let expected = [
            "contracts could not be read",
            "customers: no list",
            "customers could not be read",
            "customers could not be read",
        ];
        assert_eq!(failed, expected);
        assert!(schedule.is_complete(2));
    }

    #[test]
    fn an_endpoint_without_its_parent_cannot_be_read() {
        let mut schedule = schedule(&[&INVOICES]);
        assert!(asked(&mut schedule).is_empty());
        assert!(schedule.targets[0].error.as_ref().unwrap().to_string().contains("customers is not read"));
    }

    #[test]
    fn endpoints_that_wait_for_each_other_are_never_complete() {
        const PER_HEN: &[Per] = &[Per { parameter: "id", endpoint: "hens", field: "id", asked: false }];
        const PER_EGG: &[Per] = &[Per { parameter: "id", endpoint: "eggs", field: "id", asked: false }];
        static HENS: Endpoint = Endpoint { name: "hens", per: PER_EGG, ..Endpoint::NEW };
        static EGGS: Endpoint = Endpoint { name: "eggs", per: PER_HEN, ..Endpoint::NEW };
        let mut schedule = schedule(&[&HENS, &EGGS]);
        assert!(asked(&mut schedule).is_empty());
        assert!(!schedule.is_complete(0));
    }

    #[test]
    fn a_slow_customer_waits_alone() {
        let mut schedule = schedule(&[&CUSTOMERS, &INVOICES]);
        let roots = asked(&mut schedule);
        end(&mut schedule, &roots[0], rows(&[&["a"], &["b"]]));
        end(&mut schedule, &roots[1], rows(&[]));
        let now = Instant::now();
        schedule.slow_down("a", now, Duration::from_secs(30));
        assert_eq!(names(&asked(&mut schedule)), ["invoices customer_id=b"]);
        let Next::Wait(until) = schedule.next(now) else { panic!() };
        assert_eq!(until, now + Duration::from_secs(30));
        let Next::Ask(job) = schedule.next(until) else { panic!() };
        assert_eq!(job.text, "customer_id=a");
    }

    #[test]
    fn answers_of_an_earlier_run_are_not_asked_for_again() {
        let mut schedule = schedule(&[&CUSTOMERS, &INVOICES]);
        schedule.replay(0, "", 1, Page { cursor: Some("next".to_owned()), ..rows(&[&["a"]]) }).unwrap();
        schedule.replay(1, "customer_id=a", 1, Page::default()).unwrap();
        let roots = asked(&mut schedule);
        assert_eq!((roots[0].progress.pages, roots[0].progress.cursor.as_deref()), (1, Some("next")));
        end(&mut schedule, &roots[0], rows(&[&["b"]]));
        end(&mut schedule, &roots[1], rows(&[]));
        assert_eq!(names(&asked(&mut schedule)), ["invoices customer_id=b"]);
        assert!(schedule.replay(1, "customer_id=c", 2, Page::default()).is_err(), "page 1 is missing");
    }
}
