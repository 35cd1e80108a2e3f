//! Products of long numbers, written out.
//!
//! `crypto_bigint` multiplies 512-bit numbers in constant time by a general method that takes half as many instructions again, and
//! its additions shield every carry from the optimiser. Checking a signature is some 6,000 products of public numbers, so it pays.
//! Additions with carry and products with addend are the standard library's, and constant in time as well.

use crypto_bigint::Word;

/// A number of a fixed count of words, least significant first.
pub(super) trait Digits: Copy {
    /// Twice as many words.
    type Wide: AsRef<[Word]>;

    /// The whole product.
    fn product(&self, other: &Self) -> Self::Wide;
    /// The whole square.
    fn square(&self) -> Self::Wide;
}

/// Adds `words`·`factor` to `upper`; gives the lowest word of the sum and the rest of it.
#[inline(always)]
fn add_row<const N: usize>(mut upper: [Word; N], words: &[Word; N], factor: Word) -> (Word, [Word; N]) {
    let mut carry = 0;
    for (digit, word) in upper.iter_mut().zip(words) {
        (*digit, carry) = word.carrying_mul_add(factor, *digit, carry);
    }
    for digit in upper.iter_mut().rev() {
        core::mem::swap(digit, &mut carry);
    }
    (carry, upper)
}

/// Doubles the products of unlike words and adds the squares.
#[inline(always)]
fn add_diagonal(unlike: &mut [Word], words: &[Word]) {
    let top = Word::BITS - 1;
    let (mut above, mut carry) = (0, false);
    for (word, pair) in words.iter().zip(unlike.chunks_exact_mut(2)) {
        if let [low, high] = pair {
            let (square_low, square_high) = word.carrying_mul(*word, 0);
            let doubled = (*low << 1 | above, *high << 1 | *low >> top);
            above = *high >> top;
            (*low, carry) = doubled.0.carrying_add(square_low, carry);
            (*high, carry) = doubled.1.carrying_add(square_high, carry);
        }
    }
}

/// `count; every index; each index: the greater ones`. Loops over so many words are left as loops by the compiler, a third slower.
macro_rules! digits {
    ($count:literal; $($all:literal)+; $($row:literal: $($column:literal)+;)+) => {
        impl Digits for [Word; $count] {
            type Wide = [Word; 2 * $count];

            #[inline]
            fn product(&self, other: &Self) -> Self::Wide {
                let mut wide = [0; 2 * $count];
                let mut upper = [0; $count];
                $((wide[$all], upper) = add_row(upper, self, other[$all]);)+
                $(wide[$count + $all] = upper[$all];)+
                wide
            }

            #[inline]
            fn square(&self) -> Self::Wide {
                let mut wide = [0; 2 * $count];
                $(
                    let mut carry = 0;
                    $((wide[$row + $column], carry) =
                        self[$column].carrying_mul_add(self[$row], wide[$row + $column], carry);)+
                    wide[$row + $count] = carry;
                )+
                add_diagonal(&mut wide, self);
                wide
            }
        }
    };
}

digits!(4; 0 1 2 3; 0: 1 2 3; 1: 2 3; 2: 3;);
digits!(8; 0 1 2 3 4 5 6 7;
    0: 1 2 3 4 5 6 7; 1: 2 3 4 5 6 7; 2: 3 4 5 6 7; 3: 4 5 6 7; 4: 5 6 7; 5: 6 7; 6: 7;);

#[cfg(test)]
mod tests {
    use crypto_bigint::{U256, U512};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// `crypto_bigint` as the second opinion.
        #[test]
        fn products_are_right(a: [Word; 8], b: [Word; 8], zeros in 0_usize..8, ones in 0_usize..8) {
            let (mut a, mut b) = (a, b);
            a[zeros..].fill(0);
            b[ones..].fill(Word::MAX);
            let half = |words: [Word; 8]| <[Word; 4]>::try_from(&words[2..6]).unwrap();
            for (a, b) in [(a, b), (b, a), (a, a), (b, b)] {
                let (low, high) = U512::from_words(a).widening_mul(&U512::from_words(b));
                assert_eq!(a.product(&b), [low.to_words(), high.to_words()].as_flattened());
                assert_eq!(a.square(), a.product(&a));
                let (a, b) = (half(a), half(b));
                let (low, high) = U256::from_words(a).widening_mul(&U256::from_words(b));
                assert_eq!(a.product(&b), [low.to_words(), high.to_words()].as_flattened());
                assert_eq!(a.square(), a.product(&a));
            }
        }
    }
}
