//! How a counter-example is made small: candidates that lack a part are tried as long as one still
//! shows the difference.

/// The first candidate for which `differs`; each that is tried costs one of what is `left`.
pub(crate) fn first<T>(
    candidates: Vec<T>,
    left: &mut usize,
    mut differs: impl FnMut(&T) -> Result<bool, String>,
) -> Result<Option<T>, String> {
    for candidate in candidates {
        if *left == 0 {
            return Ok(None);
        }
        *left -= 1;
        if differs(&candidate)? {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// A list with one element less, in each way there is; not below `least`.
pub(crate) fn shorter<T: Clone>(list: &[T], least: usize) -> Vec<Vec<T>> {
    if list.len() <= least {
        return Vec::new();
    }
    (0..list.len())
        .map(|i| list.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, t)| t.clone()).collect())
        .collect()
}

/// What is left of `length` elements without a run of them, large runs first: the numbers to leave
/// out.
pub(crate) fn runs(length: usize) -> Vec<std::ops::Range<usize>> {
    let mut all = Vec::new();
    let mut step = length / 2;
    while step > 0 {
        all.extend((0..length).step_by(step).map(|start| start..start + step));
        step /= 2;
    }
    all
}
