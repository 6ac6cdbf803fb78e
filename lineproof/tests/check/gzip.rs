//! Files of gzip, whole and broken.

use super::{Folder, Ran};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn check(bytes: &[u8]) -> Ran {
    Folder::new(&[("a.gz", bytes)]).check(&["a.gz"])
}

#[test]
fn members_one_after_the_other_are_one_text() {
    let whole = gzip(b"m f=1\nm f=\n");
    let ran = check(&[whole.as_slice(), &whole].concat());
    let (two, four) = (" --> a.gz:2:5\n", " --> a.gz:4:5\n");
    assert!(ran.out.contains(two) && ran.out.contains(four), "{}", ran.out);
    assert!(ran.out.ends_with("a.gz: 2 good, 2 bad lines\n"), "{}", ran.out);
}

#[test]
fn what_a_broken_gzip_gives_is_checked() {
    let whole = gzip(b"m f=1\nm f=\n");
    let cut = check(&whole[..whole.len() - 4]);
    assert!(cut.out.ends_with("a.gz: 1 good, 1 bad line\n"), "{}", cut.out);
    assert!(cut.err.starts_with("lineproof: a.gz: broken gzip: "), "{}", cut.err);
    assert!(cut.err.ends_with("; only what could be inflated was checked\n"), "{}", cut.err);
    assert_eq!(cut.code, 2);
}

#[test]
fn a_line_that_was_cut_off_is_not_judged() {
    // Numbers that do not compress away, so that the cut is inside the text.
    let text: String =
        (0_u32..9000).map(|n| format!("m f={}\n", n.wrapping_mul(2_654_435_761))).collect();
    let whole = gzip(text.as_bytes());
    for less in 1000..1008 {
        let cut = check(&whole[..whole.len() - less]);
        assert!(cut.out.ends_with(" good, 0 bad lines\n"), "{}", cut.out);
        assert!(!cut.out.starts_with("a.gz: 0 "), "{}", cut.out);
        assert_eq!(cut.code, 2);
    }
}

#[test]
fn what_follows_gzip_is_named() {
    let mut bytes = gzip(b"m f=1\n");
    bytes.extend(b"m f=2\n");
    let ran = check(&bytes);
    assert_eq!((ran.code, ran.out.as_str()), (2, "a.gz: 1 good, 0 bad lines\n"));
    assert_eq!(
        ran.err,
        "lineproof: a.gz: bytes that are no gzip follow the gzip; only what could be inflated was checked\n"
    );
}
