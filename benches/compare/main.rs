//! The one command: runs the parts, and shows what they have measured as a table, as budgets and, if asked, as a chart.

mod chart;
mod summary;

use stampede_benches::{
    budget,
    figures::{self, Figure, Line, Verdict},
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    thread::available_parallelism,
};

/// The parts and their programs.
const PARTS: [(&str, &str); 7] = [
    ("behaviour", env!("CARGO_BIN_EXE_behaviour")),
    ("hits", env!("CARGO_BIN_EXE_hits")),
    ("misses", env!("CARGO_BIN_EXE_misses")),
    ("waiters", env!("CARGO_BIN_EXE_waiters")),
    ("memory", env!("CARGO_BIN_EXE_memory")),
    ("hit_ratio", env!("CARGO_BIN_EXE_hit_ratio")),
    ("compile", env!("CARGO_BIN_EXE_compile")),
];

fn main() -> ExitCode {
    match run(&Request::from_args()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\ncompare: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for on the command line.
struct Request {
    parts: Vec<(&'static str, &'static str)>,
    /// Handed on to every part.
    handed_on: Vec<String>,
    check: bool,
    chart: Option<PathBuf>,
}

impl Request {
    fn from_args() -> Self {
        let mut request = Self { parts: Vec::new(), handed_on: Vec::new(), check: false, chart: None };
        let mut words = env::args().skip(1);
        while let Some(word) = words.next() {
            let part = PARTS.into_iter().find(|(name, _)| *name == word);
            match (word.as_str(), part) {
                (_, Some(part)) => request.parts.push(part),
                ("--check", _) => request.check = true,
                ("--chart", _) => request.chart = words.next().map(from_root),
                _ => request.handed_on.push(word),
            }
        }
        if request.parts.is_empty() {
            request.parts = PARTS.into();
        }
        request
    }
}

/// `cargo bench` runs this in the package's directory; paths are meant from the repository's.
fn from_root(path: String) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn run(request: &Request) -> Result<(), String> {
    let file = env::temp_dir().join(format!("stampede-figures-{}", std::process::id()));
    let before = load();
    for (name, program) in &request.parts {
        let part = Command::new(program).args(&request.handed_on).env(figures::FILE, &file).status();
        // 1 says that something is not as it should be; it was recorded.
        match part.map_err(|error| format!("{name} could not be started: {error}"))?.code() {
            Some(0 | 1) => {}
            _ => return Err(format!("{name} broke down")),
        }
    }
    let lines = figures::read(&file);
    // It may never have been written.
    let _ = fs::remove_file(&file);
    let (mut measured, mut verdicts) = (Vec::new(), Vec::new());
    for line in lines {
        match line {
            Line::Figure(figure) => measured.push(figure),
            Line::Verdict(verdict) => verdicts.push(verdict),
        }
    }
    finish(request, &measured, &verdicts, &machine(&before))
}

fn finish(request: &Request, measured: &[Figure], verdicts: &[Verdict], machine: &str) -> Result<(), String> {
    if !measured.is_empty() {
        println!("\nAll figures: medians, and how many times as much as Stampede; {machine}\n");
        print!("{}", summary::markdown(measured));
    }
    if !verdicts.is_empty() {
        print!("\nAll budgets\n{}", budget::table(verdicts));
    }
    if let Some(path) = &request.chart {
        let written = fs::write(path, chart::draw(measured, machine));
        written.map_err(|error| format!("{} can't be written: {error}", path.display()))?;
        println!("\nDrawn to {}", path.display());
    }
    let missed = verdicts.iter().filter(|verdict| !verdict.held).count();
    if request.check && missed > 0 {
        return Err(format!("{missed} of {} budgets are not held", verdicts.len()));
    }
    Ok(())
}

/// What figures depend on besides the code.
fn machine(load_before: &str) -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    format!("{cores} cores, load {load_before} before and {} after", load())
}

/// How many threads wanted to run, on the average of the last minute; the benchmark's own included.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
