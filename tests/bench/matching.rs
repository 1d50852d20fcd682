//! One matching of a generated instance: seconds and peak memory of the solver alone.
//!
//! In goes the path of a `.bin` file (`int64 n, m; int32 u[m], v[m]; int64 w[m]`, little-endian) and, after it, the
//! number of threads, one unless said. Out comes one line of JSON: the optimum, the seconds of all threads together,
//! those of the busiest one and those on the clock, and the peak memory of the process in megabytes, with what reading
//! the file took of it.
//! Building the graph, renumbering and solving count; reading the file does not, and neither does `--verify`, which
//! checks the proof afterwards.
//! Run with `cargo bench --bench matching -- FILE [THREADS] [--verify]`, or side by side with others by
//! `tests/bench/compare`. Deliberately absent: more than one run a process, for memory once used stays used.

use account_swap::solver::{Edge, Graph, maximum_weight_matching, verify};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, DirEntry, File},
    io::{BufReader, Read, Result},
    time::Instant,
};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let Some(file) = words.first() else {
        println!("matching: name a .bin file; `tests/bench/compare` makes some");
        return Ok(());
    };
    let threads = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let (vertices, edges) = read(file)?;
    let edge_count = edges.len();
    let memory_before = peak_megabytes()?;

    let (clock, before) = (Instant::now(), cpu_seconds()?);
    let (graph, matching) = pool.install(|| {
        let graph = Graph::new(vertices, edges).expect("the instance is a graph");
        let matching = maximum_weight_matching(&graph);
        (graph, matching)
    });
    let (wall, after) = (clock.elapsed().as_secs_f64(), cpu_seconds()?);
    let spent = after.iter().map(|(thread, seconds)| seconds - before.get(thread).unwrap_or(&0.0));
    let (cpu, busiest) = spent.fold((0.0, 0.0f64), |(all, most), seconds| (all + seconds, most.max(seconds)));
    let memory = peak_megabytes()?;

    println!(
        "{{\"n\":{vertices},\"m\":{edge_count},\"weight\":{},\"blossoms\":{},\"threads\":{threads},\"cpu\":{cpu:.4},\
         \"busiest\":{busiest:.4},\"wall\":{wall:.4},\"rss_mb\":{memory:.1},\"rss_input_mb\":{memory_before:.1}}}",
        matching.weight,
        matching.certificate.blossoms.len(),
    );
    if std::env::args().any(|word| word == "--verify") {
        verify(&graph, &matching.mate, &matching.certificate).expect("the proof holds");
    }
    Ok(())
}

/// Reads a graph in the layout of the instance generator.
fn read(file: &str) -> Result<(usize, Vec<Edge>)> {
    let mut file = BufReader::new(File::open(file)?);
    let vertices = i64::from_le_bytes(bytes(&mut file)?) as usize;
    let mut edges = vec![Edge { u: 0, v: 0, weight: 0 }; i64::from_le_bytes(bytes(&mut file)?) as usize];
    for edge in &mut edges {
        edge.u = u32::from_le_bytes(bytes(&mut file)?);
    }
    for edge in &mut edges {
        edge.v = u32::from_le_bytes(bytes(&mut file)?);
    }
    for edge in &mut edges {
        edge.weight = i64::from_le_bytes(bytes(&mut file)?);
    }
    Ok((vertices, edges))
}

fn bytes<const COUNT: usize>(file: &mut impl Read) -> Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Returns the seconds that each thread of this process has spent on a processor, to the nanosecond.
fn cpu_seconds() -> Result<BTreeMap<OsString, f64>> {
    let seconds = |thread: DirEntry| {
        let spent = fs::read_to_string(thread.path().join("schedstat"))?;
        let nanoseconds = spent.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        Ok((thread.file_name(), nanoseconds as f64 / 1e9))
    };
    fs::read_dir("/proc/self/task")?.map(|thread| seconds(thread?)).collect()
}

/// Returns the most memory this process has had at once.
fn peak_megabytes() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).and_then(|word| word.parse::<f64>().ok());
    Ok(kilobytes.unwrap_or(0.0) / 1024.0)
}
