//! `account-swap roads` from outside.

use crate::real::{HARRISBURG, harrisburg_extract};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};
use tempfile::TempDir;

struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

fn roads(arguments: &[&str]) -> Told {
    let output = Command::new(env!("CARGO_BIN_EXE_account-swap"))
        .args(["--config-dir", "/nonexistent", "roads"])
        .args(arguments)
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
    Told { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A folder with `harrisburg.roads` in it.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("harrisburg.roads"), HARRISBURG.network.to_bytes()).unwrap();
    folder
});

fn file(name: &str) -> PathBuf {
    FOLDER.path().join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary path is text")
}

#[test]
fn a_map_is_built_and_says_what_it_holds() {
    // A map of one street, in the format's own bytes: a header and a block, not compressed.
    let (extract, output) = (file("street.osm.pbf"), file("street.roads"));
    fs::write(&extract, street()).unwrap();
    let told = roads(&["build", text(&extract), "--output", text(&output), "--json"]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    let about: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&about["source"], &about["roads"]), (&"street.osm.pbf".into(), &1.into()));
    assert_eq!(about["map_date"], "2026-01-02");
    let told = roads(&["info", text(&output)]);
    assert_eq!(told.code, Some(0));
    assert!(told.out.contains("map of        2026-01-02") && told.out.contains("OpenStreetMap"), "{}", told.out);
}

#[test]
fn a_route_says_how_long_how_far_and_how_near_the_road() {
    let map = file("harrisburg.roads");
    let (from, to) = ("40.2601,-76.8802", "40.3005,-76.8010");
    let told = roads(&["route", text(&map), from, to, "--json"]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    let route: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let (minutes, km) = (route["minutes"].as_f64().unwrap(), route["km"].as_f64().unwrap());
    assert!((5.0..30.0).contains(&minutes) && (8.0..20.0).contains(&km), "{}", told.out);
    let told = roads(&["route", text(&map), from, to, "--geojson"]);
    let line: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(line["properties"], route);
    assert!(line["geometry"]["coordinates"].as_array().unwrap().len() > 20);
    let told = roads(&["route", text(&map), "48.0,11.0", to]);
    assert_eq!(told.code, Some(2));
    assert_eq!(told.err, "account-swap: FROM: no road within 1000 m of 48,11\n");
}

#[test]
fn a_table_has_a_line_for_every_pair() {
    let (map, places) = (file("harrisburg.roads"), file("places.csv"));
    fs::write(&places, "id,lat,lon\nhere,40.2601,-76.8802\nthere,40.3005,-76.8010\nfar,48,11\n").unwrap();
    let told = roads(&["matrix", text(&map), "--places", text(&places)]);
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""));
    let lines: Vec<&str> = told.out.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[1]), (10, "from,to,minutes", "here,here,0.00"));
    assert_eq!(lines[3], "here,far,off the road");
    let told = roads(&["matrix", text(&map), "--origins", text(&places), "--destinations", text(&places), "--json"]);
    let table: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(table["minutes"][0][2], serde_json::Value::Null);
    assert_eq!(table["minutes"][1].as_array().unwrap().len(), 3);
    fs::write(&places, "id,lat,lon\nhere,140.2601,-76.8802\n").unwrap();
    let told = roads(&["matrix", text(&map), "--places", text(&places)]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("row 2") && told.err.contains("140.2601"), "{}", told.err);
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let (output, broken) = (file("none.roads"), file("broken.osm.pbf"));
    let told = roads(&["build", "/nonexistent.osm.pbf", "--output", text(&output)]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("/nonexistent.osm.pbf"), "{}", told.err);
    let whole = fs::read(harrisburg_extract()).unwrap();
    for (bytes, what) in [
        (&b"<osm version='0.6'/>"[..], "byte 0: a header of"),
        (&whole[..whole.len() / 2], "the file ends within a block"),
        (&b""[..], "it holds no data"),
    ] {
        fs::write(&broken, bytes).unwrap();
        let told = roads(&["build", text(&broken), "--output", text(&output)]);
        assert_eq!(told.code, Some(2), "{what}");
        assert!(told.err.contains(what) && told.err.contains("expected an OpenStreetMap extract"), "{}", told.err);
        assert!(!output.exists(), "nothing is left of what failed");
    }
    let told = roads(&["info", text(&harrisburg_extract())]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("expected \"swaproad\""), "{}", told.err);
    let told = roads(&["route", text(&output), "40.26", "40.3,-76.8"]);
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("LAT,LON"), "{}", told.err);
}

/// An extract with one street of two nodes, of 2 January 2026.
fn street() -> Vec<u8> {
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }
    fn block(kind: &[u8], content: &[u8]) -> Vec<u8> {
        let blob = field(1, content);
        let header = [field(1, kind), vec![3 << 3, blob.len() as u8]].concat();
        [&(header.len() as u32).to_be_bytes()[..], &header, &blob].concat()
    }
    // The field 32, a time: its key and its value in groups of seven bits.
    let mut header = field(4, b"OsmSchema-V0.6");
    header.extend([0x80, 0x02]);
    let mut seconds = 1_767_312_000_u64;
    while seconds > 0x7f {
        header.push(seconds as u8 | 0x80);
        seconds >>= 7;
    }
    header.push(seconds as u8);
    let strings = field(1, &[field(1, b""), field(1, b"highway"), field(1, b"residential")].concat());
    // Two nodes, 1 and 2, a thousand steps of a ten-millionth of a degree apart.
    let dense = [field(1, &[2, 2]), field(8, &[0, 0]), field(9, &[0, 0xd0, 0x0f])].concat();
    let way = [vec![1 << 3, 7], field(2, &[1]), field(3, &[2]), field(8, &[2, 2])].concat();
    let data = [strings, field(2, &field(2, &dense)), field(2, &field(3, &way))].concat();
    [block(b"OSMHeader", &header), block(b"OSMData", &data)].concat()
}
