//! Bodies for two parsers: soup, lines that are nearly right, and all that is short.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lines that each use another corner of the grammar.
pub(crate) const GOOD: [&str; 22] = [
    "m f=1",
    "cpu,host=a,region=west load=1.5,up=t 1700000000000000000",
    r"we\ ather,lo\,c=a\=b,x=\\y te\ mp=-8.2e-3,\=k=3u 12",
    r#"m,t=v s="a \"b\" \\ c, d=e",g=FALSE -5 "#,
    "m f=\"two\nlines\",g=1i 3\nm f=2",
    "# comment\n\n  \tm f=1\nn g=2i 7",
    "# a=\"comment\nm f=\"x\" 1\nm f=2",
    "m,é=ü ÿ=\"日本\" 1",
    "m f=9223372036854775807i,g=-9223372036854775808i,h=18446744073709551615u",
    "m f=9223372036854775807 9223372036854775807",
    "m f=1e400,g=-1E-400,h=007.250e+01 -007",
    "m,a=1,a=2 f=1,f=2",
    "m,a,b=1,=2 ,f=1",
    "m f=1i, 123",
    r"m,a\=b=c\ d f\,g=1 1",
    r"m\,n\\,a\\=b\\ c\\=1 1",
    "m t=t,T=T,a=true,b=True,c=TRUE,d=f,e=F,g=false,h=False,i=FALSE",
    "m   f=1   5   ",
    "m\u{b}\r,t\u{feff}=\u{7f} f\u{c}=\"\r\n\"",
    r#"m f="",g="\\",h="\"",i="\n\" 1"#,
    "m,a=b\\\nc f=1\nm\\\nn f=1",
    "m=1,b=\"c f=\" \",g=2",
];

/// What the grammar knows by name, and some of what it does not.
const SPECIAL: [char; 18] =
    [',', '=', ' ', '"', '\\', '\n', '\t', '\r', '\0', '#', '-', '+', '.', 'e', 'i', 'u', '1', 'é'];

/// Calls `with` with every line that is one change away.
pub(crate) fn mutations(good: &str, with: &mut impl FnMut(&str)) {
    let places = good.char_indices().map(|(at, c)| (at, c.len_utf8())).chain([(good.len(), 0)]);
    for (at, length) in places {
        let (before, here, after) = (&good[..at], &good[at..at + length], &good[at + length..]);
        if length > 0 {
            with(&format!("{before}{after}"));
            with(&format!("{before}{here}{here}{after}"));
        }
        for special in SPECIAL {
            with(&format!("{before}{special}{here}{after}"));
            if length > 0 {
                with(&format!("{before}{special}{after}"));
            }
        }
    }
}

/// Beginnings that leave the parser in each of its states.
pub(crate) const STATES: [&str; 15] = [
    "",
    "m",
    "m,",
    "m,a",
    "m,a=",
    "m,a=b,",
    "m ",
    "m f",
    "m f=",
    "m f=\"",
    "m f=1",
    "m f=1,",
    "m f=1,g=2,",
    "m f=1 ",
    "m f=1 2 ",
];

/// Calls `with` with every string of up to so many bytes of what ends or begins something.
pub(crate) fn endings(longest: usize, with: &mut impl FnMut(&str)) {
    const BYTES: [char; 10] = [',', '=', ' ', '"', '\\', '\n', '\t', '-', '1', 'i'];
    let mut ending = String::new();
    extend(&mut ending, longest, &BYTES, with);
}

fn extend(ending: &mut String, more: usize, bytes: &[char], with: &mut impl FnMut(&str)) {
    with(ending);
    if more > 0 {
        for byte in bytes {
            ending.push(*byte);
            extend(ending, more - 1, bytes, with);
            ending.pop();
        }
    }
}

/// Tokens in any order, now and then a character of any kind.
pub(crate) fn soup() -> impl Strategy<Value = String> {
    const TOKENS: [&str; 44] = [
        "m",
        "a",
        "\\",
        ",",
        "=",
        " ",
        "\"",
        "\n",
        "\r",
        "\t",
        "\0",
        "#",
        "1",
        "-",
        "+",
        ".",
        "1i",
        "9u",
        "-1",
        "1e5",
        "2.5E-3",
        "t",
        "True",
        "FALSE",
        "false",
        "nan",
        "é",
        "日",
        "m f=1",
        " f=1",
        ",t=v",
        ",t=v ",
        "=\"",
        "\"x\"",
        "\" ",
        " 1700\n",
        "9223372036854775808i",
        "18446744073709551616u",
        " 9223372036854775808",
        "\\\\",
        "\\ ",
        "\\,",
        "\\=",
        "\\\"",
    ];
    let token = prop_oneof![
        30 => select(TOKENS.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(token, 0..30).prop_map(|tokens| tokens.concat())
}

/// Good lines, of which a few characters were deleted, doubled, inserted or moved.
pub(crate) fn nearly_right() -> impl Strategy<Value = String> {
    let change = (0..4_u8, any::<prop::sample::Index>(), select(SPECIAL.to_vec()));
    (vec(select(GOOD.to_vec()), 1..4), vec(change, 1..5)).prop_map(|(lines, changes)| {
        let mut text: Vec<char> = lines.join("\n").chars().collect();
        for (kind, place, special) in changes {
            let at = place.index(text.len());
            match kind {
                0 if text.len() > 1 => {
                    text.remove(at);
                }
                1 => text.insert(at, text[at]),
                2 => text.insert(at, special),
                _ => {
                    let last = text.len() - 1;
                    text.swap(at, last.min(at + 1));
                }
            }
        }
        text.into_iter().collect()
    })
}
