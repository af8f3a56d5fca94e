//! One run of the compiler over a crate whose dependencies are compiled.

use std::{
    env, fmt, fs, io,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// What the compiler is asked for.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Build,
    Check,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Build, Self::Check];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Build => "debug build",
            Self::Check => "cargo check",
        }
    }

    fn command(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Check => "check",
        }
    }
}

/// What it took, in seconds: of all processors together, where there is `/proc` to tell, and by the clock.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    processor: Option<f64>,
    wall: f64,
}

impl Cost {
    pub(crate) const MOST: Self = Self { processor: None, wall: f64::INFINITY };

    /// The least of each.
    pub(crate) fn min(self, other: Self) -> Self {
        let processor = match (self.processor, other.processor) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self { processor, wall: self.wall.min(other.wall) }
    }

    /// The ratio to another one, and whether this one is no more.
    pub(crate) fn beside(self, other: Self) -> (f64, bool) {
        let ratio = match (self.processor, other.processor) {
            (Some(one), Some(other)) => one / other,
            _ => self.wall / other.wall,
        };
        (ratio, ratio <= 1.0)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(processor) = self.processor {
            write!(f, "{processor:7.2} s of processor time,")?;
        }
        write!(f, "{:7.2} s by the clock", self.wall)
    }
}

/// Compiles the crate's own code anew.
pub(crate) fn take(path: &Path, kind: Kind) -> io::Result<Cost> {
    // Cargo takes a file that is younger for one that has changed.
    let source = path.join("src/main.rs");
    let text = fs::read_to_string(&source)?;
    fs::write(&source, text)?;
    let (before, start) = (processor_time(), Instant::now());
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([kind.command(), "--quiet"])
        .current_dir(path)
        .env("CARGO_TARGET_DIR", path.join("../target"))
        .env("CARGO_INCREMENTAL", "0")
        .stdin(Stdio::null())
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("{} does not compile", path.display())));
    }
    let wall = start.elapsed().as_secs_f64();
    let processor = processor_time().zip(before).map(|(after, before)| after - before);
    Ok(Cost { processor, wall })
}

/// The seconds that children of this process have had of the processors, theirs included, once they have ended. Linux tells
/// (proc(5)), in hundredths.
fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the program's name, which is in parentheses: `cutime` and `cstime` are the 16th and the 17th field of all.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? / 100.0)
}
