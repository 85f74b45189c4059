//! What keeps one series from going round in circles.

use std::collections::{HashMap, HashSet};

use twox_hash::XxHash3_128;

use super::page::Page;

/// No list of one series is longer.
const MOST_PAGES: u32 = 100_000;
/// Pages without rows that may follow each other.
const MOST_EMPTY: u32 = 100;

/// What a series has shown so far. Some fifty bytes a page.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    cursors: HashSet<u128>,
    /// The first row of each page with all its rows.
    pages: HashMap<u128, u128>,
    count: u32,
    /// Empty pages since the last one with rows.
    empty: u32,
    repeated: bool,
}

impl Guard {
    /// Lets a page in. True where it came a second time, by another cursor: its rows are the same, so nothing is lost
    /// or doubled as long as the cursor leads on, but a server does that by mistake, and is believed once.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn page(&mut self, page: &Page) -> Result<bool, String> {
        self.count += 1;
        if self.count > MOST_PAGES {
            return Err(format!("the list does not end: it has more than {MOST_PAGES} pages"));
        }
        let Some(first) = page.first else {
            self.empty += 1;
            return if self.empty > MOST_EMPTY {
                Err(format!("the list does not end: {MOST_EMPTY} pages without rows follow each other"))
            } else {
                Ok(false)
            };
        };
        self.empty = 0;
        let Some(whole) = self.pages.insert(first, page.whole) else { return Ok(false) };
        if whole != page.whole {
            return Err("the page came again: its first row is that of an earlier page".to_owned());
        }
        if std::mem::replace(&mut self.repeated, true) {
            return Err("the page came again, for the second time in this list".to_owned());
        }
        Ok(true)
    }

    /// Lets a cursor be followed.
    ///
    /// # Errors
    /// Says that it was followed before.
    pub fn cursor(&mut self, cursor: &str) -> Result<(), String> {
        if self.cursors.insert(XxHash3_128::oneshot(cursor.as_bytes())) {
            Ok(())
        } else {
            Err("the cursor to the next page was given before: following it would never end".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(first: u128, whole: u128) -> Page {
        Page { rows: 2, first: Some(first), whole, ..Page::default() }
    }

    #[test]
    fn a_cursor_is_followed_once() {
        let mut guard = Guard::default();
        assert!(guard.cursor("a").is_ok() && guard.cursor("b").is_ok());
        assert!(guard.cursor("a").unwrap_err().contains("before"));
    }

    #[test]
    fn the_same_page_is_let_in_a_second_time_and_no_third() {
        let mut guard = Guard::default();
        assert_eq!(
            [guard.page(&page(1, 1)), guard.page(&page(2, 2)), guard.page(&page(1, 1))],
            [Ok(false), Ok(false), Ok(true)]
        );
        assert!(guard.page(&page(2, 2)).is_err());
    }

    #[test]
    fn another_page_with_the_first_row_of_an_earlier_one_is_refused() {
        let mut guard = Guard::default();
        guard.page(&page(1, 1)).unwrap();
        assert!(guard.page(&page(1, 2)).unwrap_err().contains("came again"));
    }

    #[test]
    fn lists_without_end_are_left() {
        let mut guard = Guard::default();
        for _ in 0..MOST_EMPTY {
            assert_eq!(guard.page(&Page::default()), Ok(false));
        }
        assert!(guard.page(&Page::default()).unwrap_err().contains("without rows"));
        let mut guard = Guard::default();
        for number in 0..MOST_PAGES {
            guard.page(&page(number.into(), 0)).unwrap();
        }
        assert!(guard.page(&page(u128::MAX, 0)).unwrap_err().contains("does not end"));
    }
}
