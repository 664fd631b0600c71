/** Sorts a typed array of numbers in place, ascending, without a comparator: typed arrays compare as numbers, plain arrays as texts. */
export function sortNumbers<A extends Int32Array | Float64Array>(numbers: A): A {
  numbers.sort();
  return numbers;
}
