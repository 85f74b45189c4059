//! The loop that reads: it takes the next page of the schedule when the pace and the concurrency allow, and gives what
//! comes to the journals and back to the schedule. One task owns all of it; requests and the looking through of bodies
//! run in tasks of their own, the disk in a thread.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::client::{Client, Failed};
use super::journals::{Durable, Journals, Kept};
use super::pace::Pace;
use super::page::{self, Page, Wanted};
use super::request::Request;
use super::retry::{self, Decision, Tried, Trouble, Waits};
use super::schedule::{Job, Next, Schedule};
use super::{Extract, Failure};
use crate::error::{Error, Result};
use crate::fingerprint::hex;
use crate::place::journal::{About, Answer};
use crate::place::landing::{Ended, Extraction};
use crate::printer::progress;

/// An extraction under way.
pub struct Work<'a> {
    with: &'a Extract<'a>,
    id: &'a str,
    client: Client,
    schedule: Schedule,
    pace: Pace,
    journals: Journals,
    kept: Kept,
    tasks: JoinSet<Arrived>,
    received_at: i64,
    /// Requests that may be sent again.
    budget: u32,
    until: Instant,
    /// Series read to their end by this run.
    ended: u64,
    is_planned: bool,
}

/// What a request brought.
struct Arrived {
    job: Box<Job>,
    sent: Instant,
    request: Option<Request>,
    came: std::result::Result<Taken, Failed>,
}

struct Taken {
    status: u16,
    page: Page,
    body: Vec<u8>,
    sha256: String,
}

impl<'a> Work<'a> {
    /// Ready to begin or to go on behind what the journals hold: `whole_bytes` and `received_at` say how far that is.
    ///
    /// # Errors
    /// Usage for an address or a token that no client can be made for; failed when a journal cannot be opened.
    pub fn new(
        with: &'a Extract<'a>,
        extraction: &'a Extraction,
        schedule: Schedule,
        whole_bytes: &[u64],
        received_at: i64,
    ) -> Result<Self> {
        let now = Instant::now();
        let names = schedule.targets.iter().map(|target| target.endpoint.name);
        let journals: Vec<_> = names.zip(whole_bytes.iter().copied()).collect();
        let (journals, kept) = Journals::open(extraction, &journals)?;
        Ok(Self {
            client: Client::new(with.base_url, with.token, with.api)?,
            id: &extraction.plan.id,
            schedule,
            pace: Pace::new(with.api.rate, now),
            journals,
            kept,
            tasks: JoinSet::new(),
            received_at: received_at.max(with.after),
            budget: with.api.retry_budget,
            until: now + with.api.run_timeout,
            ended: 0,
            is_planned: false,
            with,
        })
    }

    /// Reads everything that can be read.
    ///
    /// # Errors
    /// Auth, temporary where the API cannot be reached or the time is over, failed where the disk refuses.
    pub async fn run(mut self) -> Result<(Ended, Vec<Failure>)> {
        let read = self.read().await;
        // What was received is kept also where nothing more can be.
        self.journals.close();
        let mut kept = Ok(());
        while let Some(durable) = self.kept.recv().await {
            kept = kept.and(self.count(durable));
        }
        progress::end();
        read.and(kept)?;
        Ok(self.ended())
    }

    async fn read(&mut self) -> Result<()> {
        loop {
            self.announce();
            let wake = self.launch();
            if wake.is_none() && self.tasks.is_empty() {
                return Ok(());
            }
            let deadline = self.deadline();
            let wake = wake.map_or(deadline, |wake| wake.min(deadline));
            tokio::select! {
                Some(arrived) = self.tasks.join_next() => {
                    let arrived = arrived.map_err(|error| Error::failed(format!("a request broke off: {error}")))?;
                    self.arrived(arrived).await?;
                }
                Some(durable) = self.kept.recv() => self.count(durable)?,
                () = sleep_until(wake) => self.check_deadlines()?,
            }
        }
    }

    /// Sends what may be sent now; says when to look again, where nothing that arrives will tell.
    fn launch(&mut self) -> Option<Instant> {
        while self.tasks.len() < self.with.api.concurrency.max(1) {
            let now = Instant::now();
            let mut job = match self.schedule.next(now) {
                Next::Ask(job) => job,
                Next::Wait(until) => return Some(until),
                Next::Nothing => return None,
            };
            if self.pace.opens_at() > now {
                self.schedule.put_back(job);
                return Some(self.pace.opens_at());
            }
            self.pace.take(now);
            job.attempt += 1;
            let target = &mut self.schedule.targets[job.target];
            target.outcome.requests += 1;
            target.began.get_or_insert(now);
            self.tasks.spawn(ask(self.client.clone(), job, target.wanted.clone(), now));
        }
        None
    }

    async fn arrived(&mut self, arrived: Arrived) -> Result<()> {
        let Arrived { job, sent, request, came } = arrived;
        if self.schedule.targets[job.target].error.is_some() {
            return Ok(());
        }
        let elapsed = sent.elapsed().as_millis() as u64;
        let (endpoint, page, attempt) = (job.series.endpoint.name, job.progress.pages + 1, job.attempt);
        match (came, request) {
            (Ok(taken), Some(request)) => {
                debug!(
                    endpoint,
                    series = job.text,
                    page,
                    attempt,
                    status = taken.status,
                    rows = taken.page.rows,
                    elapsed_ms = elapsed,
                    "page {page} of {endpoint}"
                );
                self.take(job, request, taken).await
            }
            (Err(Failed { trouble, body }), request) => {
                debug!(endpoint, series = job.text, page, attempt, elapsed_ms = elapsed, "{}", said(&trouble));
                self.trouble(job, sent, request, trouble, body).await
            }
            // Only a request that could not be made is not there, and that is trouble.
            (Ok(_), None) => Ok(()),
        }
    }

    /// A page: into the series, the journal and the schedule.
    async fn take(&mut self, mut job: Box<Job>, request: Request, taken: Taken) -> Result<()> {
        let Taken { status, page, body, sha256 } = taken;
        let step = match job.progress.take(job.series.endpoint.paging, &page) {
            Ok(step) => step,
            Err(reason) => {
                let error = Error::data(format!("{}: {reason}", target(&job)))
                    .hint("nothing of this table is published; the list changed while it was read, or the API errs: run again");
                self.fail(&job, error);
                return Ok(());
            }
        };
        let endpoint = job.series.endpoint.name;
        if let Some(warning) = step.warning {
            warn!(endpoint, series = job.text, page = job.progress.pages, "{endpoint}: {warning}");
        }
        if page.childless > 0 {
            // Where the id must be there, the row goes to quarantine; where it may be missing, there is nothing to ask.
            debug!(
                endpoint,
                series = job.text,
                rows = page.childless,
                "{endpoint}: {} rows without an id that others are asked with",
                page.childless
            );
        }
        let rows = page.rows;
        self.schedule.take(job.target, page);
        let about = self.about(&job, request, status, sha256);
        self.keep(job, step.is_end, rows, Answer { about, body }).await
    }

    async fn trouble(
        &mut self,
        mut job: Box<Job>,
        sent: Instant,
        request: Option<Request>,
        trouble: Trouble,
        body: Vec<u8>,
    ) -> Result<()> {
        let target = target(&job);
        let tried = Tried {
            attempt: job.attempt,
            may_repeat: job.attempt < self.with.api.attempts && self.budget > 0,
            page: job.progress.pages + 1,
            has_parent: !job.series.endpoint.per.is_empty(),
            target: &target,
            seed: &format!("{} {} {}", self.id, job.series.endpoint.name, job.text),
        };
        let endpoint = job.series.endpoint.name;
        match retry::decide(&trouble, tried) {
            Decision::Again { after, who, is_cut } => {
                self.budget -= 1;
                let (now, page, attempt) = (Instant::now(), tried.page, job.attempt);
                let wait = format!("{endpoint}: {}; sent again in {} ms", said(&trouble), after.as_millis());
                let note = if is_cut { ", though the server asked for longer" } else { "" };
                warn!(endpoint, series = job.text, page, attempt, wait_ms = after.as_millis() as u64, "{wait}{note}");
                match (who, job.series.customer()) {
                    (Waits::Account, _) => self.pace.pause(now, sent, after),
                    (Waits::Customer, Some(customer)) => self.schedule.slow_down(customer, now, after),
                    (Waits::Customer | Waits::Request, _) => {}
                }
                self.schedule.put_off(job, now + after);
            }
            Decision::Gone => {
                warn!(
                    endpoint,
                    series = job.text,
                    "{endpoint}: what was listed is not found when asked for: {}",
                    job.text
                );
                let (Some(request), Trouble::Refused { status, .. }) = (request, &trouble) else { return Ok(()) };
                // As a page without rows, which ends its series.
                job.progress.pages += 1;
                let about = self.about(&job, request, *status, sha256(&body));
                return self.keep(job, true, 0, Answer { about, body }).await;
            }
            Decision::BeginAgain => match job.progress.begin_again() {
                Ok(()) => {
                    warn!(
                        endpoint,
                        series = job.text,
                        page = tried.page,
                        "{endpoint}: {}; begun again",
                        said(&trouble)
                    );
                    job.attempt = 0;
                    self.schedule.put_back(job);
                }
                Err(reason) => {
                    let error = Error::data(format!("{target}: {reason}")).hint(
                        "nothing of this table is published; the API loses its place in the list: run again later",
                    );
                    self.fail(&job, error);
                }
            },
            Decision::Fail(error) => self.fail(&job, error),
            Decision::Stop(error) => return Err(error),
        }
        Ok(())
    }

    /// Hands an answer to its journal, and goes on with the series.
    async fn keep(&mut self, mut job: Box<Job>, is_end: bool, rows: u64, answer: Answer) -> Result<()> {
        if !self.journals.append(Durable { journal: job.target, rows }, answer).await {
            while let Some(durable) = self.kept.recv().await {
                self.count(durable)?;
            }
            return Err(Error::failed("the journals of the API could not be written"));
        }
        if is_end {
            self.schedule.end(&job);
            self.ended += 1;
            progress::advance(1);
        } else {
            job.attempt = 0;
            self.schedule.put_back(job);
        }
        Ok(())
    }

    fn about(&mut self, job: &Job, request: Request, status: u16, sha256: String) -> About {
        self.received_at = self.with.clock.now_micros().max(self.received_at + 1);
        About {
            series: job.text.clone(),
            page: job.progress.pages,
            asked: job.series.asked(),
            method: request.verb().to_owned(),
            path: request.path,
            request_body: request.body,
            status,
            received_at: self.received_at,
            sha256,
        }
    }

    fn count(&mut self, durable: Result<Durable>) -> Result<()> {
        let Durable { journal, rows } = durable?;
        let outcome = &mut self.schedule.targets[journal].outcome;
        outcome.answers += 1;
        outcome.rows += rows;
        Ok(())
    }

    fn fail(&mut self, job: &Job, error: Error) {
        let endpoint = job.series.endpoint.name;
        let page = job.progress.pages + 1;
        let place = if job.text.is_empty() { format!("page {page}") } else { format!("{}, page {page}", job.text) };
        let error = error.context(format!("api.{endpoint} ({place})"));
        warn!(endpoint, series = job.text, page, "{error}; other endpoints go on");
        self.schedule.fail(job.target, error);
    }

    /// The next time at which something has taken too long.
    fn deadline(&self) -> Instant {
        let running =
            |place: &usize| self.schedule.targets[*place].error.is_none() && !self.schedule.is_complete(*place);
        let places = (0..self.schedule.targets.len()).filter(running);
        let began = places.filter_map(|place| self.schedule.targets[place].began).min();
        began.map_or(self.until, |began| self.until.min(began + self.with.api.table_timeout))
    }

    fn check_deadlines(&mut self) -> Result<()> {
        let now = Instant::now();
        if now >= self.until {
            return Err(Error::temporary(format!("reading the API took longer than {:?}", self.with.api.run_timeout))
                .hint("what is read stays read: the next run goes on from there"));
        }
        let limit = self.with.api.table_timeout;
        for place in 0..self.schedule.targets.len() {
            let target = &self.schedule.targets[place];
            let is_late = target.began.is_some_and(|began| began + limit <= now);
            if is_late && target.error.is_none() && !self.schedule.is_complete(place) {
                let name = target.endpoint.name;
                let error = Error::temporary(format!("api.{name}: reading it took longer than {limit:?}"));
                warn!(endpoint = name, "{error}; other endpoints go on");
                self.schedule.fail(place, error);
            }
        }
        Ok(())
    }

    /// Says how much there is to do, once it is known.
    fn announce(&mut self) {
        if self.is_planned {
            return;
        }
        let Some(planned) = self.schedule.planned() else { return };
        self.is_planned = true;
        let requests = planned.saturating_sub(self.ended + self.schedule.replayed());
        let time = self.with.api.rate.map_or(Duration::ZERO, |rate| {
            let seconds = rate.per.as_millis() * u128::from(requests) / u128::from(rate.requests.get()) / 1000;
            Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX))
        });
        let about = match time.as_secs() {
            0 => String::new(),
            seconds @ 1..120 => format!(", about {seconds} s at the rate set"),
            seconds => format!(", about {} min at the rate set", seconds.div_ceil(60)),
        };
        info!(requests, seconds = time.as_secs(), "{requests} requests to go at least{about}");
        progress::begin("api", requests, progress::Counted::Series);
    }

    fn ended(self) -> (Ended, Vec<Failure>) {
        let mut ended = Ended { ended_at: self.with.clock.now_micros().max(self.received_at + 1), ..Ended::default() };
        let mut failures = Vec::new();
        let complete: Vec<bool> =
            (0..self.schedule.targets.len()).map(|place| self.schedule.is_complete(place)).collect();
        for (target, is_complete) in self.schedule.targets.into_iter().zip(complete) {
            let (endpoint, mut outcome) = (target.endpoint.name, target.outcome);
            let never = || Error::failed(format!("api.{endpoint}: was not read to its end"));
            let error = target.error.or_else(|| (!is_complete).then(never));
            info!(
                endpoint,
                rows = outcome.rows,
                answers = outcome.answers,
                requests = outcome.requests,
                is_complete,
                "{endpoint}: {} rows in {} answers",
                outcome.rows,
                outcome.answers
            );
            outcome.error = error.as_ref().map(Error::to_string);
            failures.extend(error.map(|error| Failure { endpoint, error }));
            ended.endpoints.insert(endpoint.to_owned(), outcome);
        }
        (ended, failures)
    }
}

/// One request, and what its body says.
async fn ask(client: Client, job: Box<Job>, wanted: std::sync::Arc<Wanted>, sent: Instant) -> Arrived {
    let request = match job.series.request(job.progress.cursor.as_deref(), None) {
        Ok(request) => request,
        Err(error) => {
            return Arrived { job, sent, request: None, came: Err(Trouble::Unacceptable(error).into()) };
        }
    };
    let came = client.ask(&request).await.and_then(|(status, body)| {
        let page = page::read(&body, &wanted, &job.series.asked()).map_err(Trouble::Unfit)?;
        Ok(Taken { status, page, sha256: sha256(&body), body })
    });
    Arrived { job, sent, request: Some(request), came }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// `GET /v1/customers/{customer_id}/invoices`
fn target(job: &Job) -> String {
    let endpoint = job.series.endpoint;
    let verb = if endpoint.method == crate::catalog::endpoint::Method::Get { "GET" } else { "POST" };
    format!("{verb} {}", endpoint.path)
}

fn said(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Unreachable(reason) => format!("no connection: {reason}"),
        Trouble::Broken(reason) => format!("no answer: {reason}"),
        Trouble::Redirected { status, host } => format!("status {status} to {host}"),
        Trouble::Refused { status, .. } => format!("status {status}"),
        Trouble::Foreign(what) => format!("{what} in place of JSON"),
        Trouble::Unfit(what) => what.clone(),
        Trouble::Unacceptable(error) => error.to_string(),
    }
}
