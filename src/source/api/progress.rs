//! How far one series has come. The same steps are taken when an answer arrives and when it is read from a journal, so
//! a series that was cut off goes on where it stood.

use super::guard::Guard;
use super::page::Page;
use crate::catalog::endpoint::Paging;

/// How far a series has come.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// Pages taken.
    pub pages: u32,
    /// The cursor that the next page is asked with; at the end of a log, where it was left off.
    pub cursor: Option<String>,
    /// Where it begins: a log, where the last extraction left off.
    start: Option<String>,
    guard: Guard,
    begun_again: bool,
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whether the series has ended.
    pub is_end: bool,
    /// Something odd, which was let pass.
    pub warning: Option<&'static str>,
}

impl Progress {
    /// At the beginning.
    pub fn new(start: Option<String>) -> Self {
        let mut progress = Self { start, ..Self::default() };
        progress.rewind();
        progress
    }

    /// Takes the next page.
    ///
    /// # Errors
    /// Says why it cannot be the next page, or why the one after it cannot be asked for.
    pub fn take(&mut self, paging: Paging, page: &Page) -> Result<Step, String> {
        let is_repeated = self.guard.page(page)?;
        let warning = is_repeated.then_some("a page came twice, by different cursors");
        let is_last = match paging {
            Paging::None => true,
            Paging::Query { .. } | Paging::Body { .. } => page.is_old,
            Paging::Log { .. } => page.rows == 0,
        };
        let next = page.cursor.as_ref().filter(|_| !is_last);
        if let Some(next) = next {
            self.guard.cursor(next)?;
            self.cursor = Some(next.clone());
        }
        self.pages += 1;
        Ok(Step { is_end: next.is_none(), warning })
    }

    /// Begins from the first page, once: its cursor is no longer known.
    ///
    /// # Errors
    /// Says that it did so before.
    pub fn begin_again(&mut self) -> Result<(), String> {
        if std::mem::replace(&mut self.begun_again, true) {
            return Err("the cursor was refused, also after the list was begun again".to_owned());
        }
        self.rewind();
        Ok(())
    }

    fn rewind(&mut self) {
        self.pages = 0;
        self.guard = Guard::default();
        self.cursor.clone_from(&self.start);
        if let Some(start) = &self.start {
            // It is the first that is seen.
            let _ = self.guard.cursor(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Paging = Paging::Query { limit: Some(100) };
    const LOG: Paging = Paging::Log { limit: 100 };

    fn page(rows: u64, cursor: Option<&str>) -> Page {
        let first = (rows > 0).then(|| u128::from(rows));
        Page { rows, cursor: cursor.map(str::to_owned), first, whole: rows.into(), ..Page::default() }
    }

    #[test]
    fn a_list_ends_where_there_is_no_cursor_and_not_at_an_empty_page() {
        let mut progress = Progress::new(None);
        assert!(!progress.take(LIST, &page(1, Some("a"))).unwrap().is_end);
        assert!(!progress.take(LIST, &page(0, Some("b"))).unwrap().is_end);
        assert_eq!((progress.pages, progress.cursor.as_deref()), (2, Some("b")));
        assert!(progress.take(LIST, &page(2, None)).unwrap().is_end);
    }

    #[test]
    fn a_list_that_is_sorted_ends_with_the_first_old_page() {
        let old = Page { is_old: true, ..page(1, Some("a")) };
        assert!(Progress::new(None).take(LIST, &old).unwrap().is_end);
    }

    #[test]
    fn a_log_ends_with_an_empty_page_and_is_left_off_before_it() {
        let mut progress = Progress::new(Some("old".to_owned()));
        assert!(!progress.take(LOG, &page(1, Some("new"))).unwrap().is_end);
        assert!(progress.take(LOG, &page(0, Some("new"))).unwrap().is_end);
        assert_eq!(progress.cursor.as_deref(), Some("new"));
        let mut idle = Progress::new(Some("old".to_owned()));
        assert!(idle.take(LOG, &page(0, Some("old"))).unwrap().is_end);
        assert_eq!(idle.cursor.as_deref(), Some("old"));
    }

    #[test]
    fn a_cursor_that_led_here_is_not_followed_again() {
        let mut progress = Progress::new(None);
        progress.take(LIST, &page(1, Some("a"))).unwrap();
        assert!(progress.take(LIST, &page(2, Some("a"))).is_err());
        let mut log = Progress::new(Some("old".to_owned()));
        assert!(log.take(LOG, &page(1, Some("old"))).is_err());
    }

    #[test]
    fn a_series_begins_again_once() {
        let mut progress = Progress::new(None);
        progress.take(LIST, &page(1, Some("a"))).unwrap();
        progress.begin_again().unwrap();
        assert_eq!((progress.pages, progress.cursor.as_deref()), (0, None));
        assert!(!progress.take(LIST, &page(1, Some("a"))).unwrap().is_end, "what was seen before does not count");
        assert!(progress.begin_again().is_err());
    }
}
