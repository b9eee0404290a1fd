//! At most 256 colours for a picture, as GIF needs.

use super::raster::Pixels;

/// Pixels as rows of a palette.
pub(crate) struct Indexed {
    /// Three bytes for each colour.
    pub(crate) palette: Vec<u8>,
    pub(crate) indices: Vec<u8>,
}

/// Colours are told apart by the five leading bits of each part.
const BITS: u32 = 5;
const COLOURS: usize = 1 << (3 * BITS);
const MOST: usize = 256;

/// The most frequent colours, and for each pixel the one nearest to it. Drawings have few colours: those
/// of their marks, and blends of them at edges.
pub(crate) fn indexed(pixels: &Pixels) -> Indexed {
    let bucket = |pixel: &[u8]| {
        pixel[..3].iter().fold(0usize, |sum, &part| sum << BITS | usize::from(part >> (8 - BITS)))
    };
    // For each bucket how many pixels it has, and the sums of their parts.
    let mut counts = vec![[0u64; 4]; COLOURS];
    for pixel in pixels.rgb.chunks_exact(3) {
        let [count, sums @ ..] = &mut counts[bucket(pixel)];
        *count += 1;
        sums.iter_mut().zip(pixel).for_each(|(sum, &part)| *sum += u64::from(part));
    }
    let mut found: Vec<usize> = (0..COLOURS).filter(|&bucket| counts[bucket][0] > 0).collect();
    found.sort_by_key(|&bucket| std::cmp::Reverse(counts[bucket][0]));
    let mean = |bucket: usize| {
        let [count, sums @ ..] = counts[bucket];
        sums.map(|sum| (sum / count.max(1)) as u8)
    };
    let palette: Vec<[u8; 3]> = found.iter().take(MOST).map(|&bucket| mean(bucket)).collect();
    let mut nearest = vec![0u8; COLOURS];
    for &bucket in &found {
        let colour = mean(bucket);
        let distance = |other: &[u8; 3]| -> u32 {
            other.iter().zip(colour).map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
        };
        let best = (0..palette.len()).min_by_key(|&index| distance(&palette[index]));
        nearest[bucket] = best.unwrap_or(0) as u8;
    }
    Indexed {
        palette: palette.concat(),
        indices: pixels.rgb.chunks_exact(3).map(|pixel| nearest[bucket(pixel)]).collect(),
    }
}

#[test]
fn few_colours_stay_as_they_are() {
    let rgb = vec![255, 255, 255, 1, 2, 3, 255, 255, 255, 200, 0, 0];
    let Indexed { palette, indices } = indexed(&Pixels { width: 2, height: 2, rgb: rgb.clone() });
    let seen: Vec<u8> =
        indices.iter().flat_map(|&index| palette[usize::from(index) * 3..][..3].to_vec()).collect();
    assert_eq!(seen, rgb);
}
