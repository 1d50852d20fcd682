//! A clock for stages: wall-clock and processor seconds of each, and the most memory it needed.

use std::{fs, time::Instant};

/// What has passed, since the start and since the last line.
pub struct Clock {
    start: Instant,
    last: Instant,
    last_cpu: f64,
}

impl Clock {
    /// Starts.
    pub fn start() -> Self {
        let now = Instant::now();
        forget_peak();
        Self { start: now, last: now, last_cpu: cpu_seconds() }
    }

    /// Prints a stage that has just ended, and says how many processor seconds it took and its peak in megabytes.
    pub fn tell(&mut self, stage: &str) -> (f64, u64) {
        let (now, cpu) = (Instant::now(), cpu_seconds() - self.last_cpu);
        let (wall, peak) = (now.duration_since(self.last).as_secs_f64(), peak_megabytes());
        println!("{stage:>12}: {wall:7.3} s, {cpu:7.2} s of processor, peak {peak} MB");
        forget_peak();
        (self.last, self.last_cpu) = (Instant::now(), cpu_seconds());
        (cpu, peak)
    }

    /// Prints what all of it took.
    pub fn tell_all(&self) {
        let wall = self.start.elapsed().as_secs_f64();
        println!("{:>12}: {wall:7.3} s, {:7.2} s of processor", "in all", cpu_seconds());
    }
}

/// The processor time of this process, from the system's accounts; 0 where there are none.
pub fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The most memory this process has had since it was last forgotten; 0 where the system does not say.
fn peak_megabytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Counts a new peak from here, where the system allows it.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
