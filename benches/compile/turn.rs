//! One run of the compiler over a crate whose dependencies are compiled.

use std::{
    env, fs, io,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// What the compiler is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
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

/// What it took, in nanoseconds: of all processors together, where there is `/proc` to tell, and by the clock.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    processor: Option<f64>,
    pub(crate) wall: f64,
}

impl Cost {
    /// What is compared.
    pub(crate) fn compared(self) -> f64 {
        self.processor.unwrap_or(self.wall)
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
    let wall = start.elapsed().as_secs_f64() * 1e9;
    let processor = processor_time().zip(before).map(|(after, before)| after - before);
    Ok(Cost { processor, wall })
}

/// The nanoseconds that children of this process have had of the processors, theirs included, once they have ended. Linux tells
/// (proc(5)), in hundredths.
fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the program's name, which is in parentheses: `cutime` and `cstime` are the 16th and the 17th field of all.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<f64>().ok());
    Some(ticks.sum::<Option<f64>>()? * 1e7)
}
