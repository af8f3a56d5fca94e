//! A progress bar on stderr; plain lines where stderr is no terminal.

use crate::report::{bar, grouped, human};
use std::{
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

/// How often a bar is worth drawing.
pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// The progress of one wave.
pub(crate) struct Progress {
    title: String,
    total: u64,
    terminal: bool,
}

impl Progress {
    pub(crate) fn start(title: &str, total: u64) -> io::Result<Self> {
        let progress = Self { title: title.to_owned(), total, terminal: io::stderr().is_terminal() };
        if !progress.terminal {
            writeln!(io::stderr(), "{title}: {} callers ...", grouped(total))?;
        }
        Ok(progress)
    }

    /// Draws the bar over the last one.
    pub(crate) fn draw(&self, done: u64) -> io::Result<()> {
        if !self.terminal {
            return Ok(());
        }
        let (bar, percent) = (bar(done, self.total, 24), 100 * done / self.total);
        let mut stderr = io::stderr().lock();
        write!(stderr, "\r{bar:<24} {percent:3} %  {}\x1b[K", self.title)?;
        stderr.flush()
    }

    /// Replaces the bar with a line that stays.
    pub(crate) fn finish(self, wall: Duration) -> io::Result<()> {
        let clear = if self.terminal { "\r\x1b[K" } else { "" };
        writeln!(io::stderr(), "{clear}{}: done in {}", self.title, human(wall))
    }
}
