/**
 * Solves A x = b for a symmetric positive definite A given by its lower triangle in row order (both inputs are overwritten). A pivot
 * that rounding has made non-positive is replaced by a huge one: its direction is left alone.
 */
export function choleskySolve(matrix: Float64Array, right: Float64Array, size: number): Float64Array {
  factor(matrix, size);
  const x = right.slice();
  for (let row = 0; row < size; row++) {
    let value = x[row] as number;
    for (let k = 0; k < row; k++) value -= (matrix[row * size + k] as number) * (x[k] as number);
    x[row] = value / (matrix[row * size + row] as number);
  }
  for (let row = size - 1; row >= 0; row--) {
    let value = x[row] as number;
    for (let k = row + 1; k < size; k++) value -= (matrix[k * size + row] as number) * (x[k] as number);
    x[row] = value / (matrix[row * size + row] as number);
  }
  return x;
}

/** The lower triangle becomes its Cholesky factor. */
function factor(matrix: Float64Array, size: number): void {
  for (let column = 0; column < size; column++) {
    const diagonal = matrix[column * size + column] as number;
    let pivot = diagonal;
    for (let k = 0; k < column; k++) pivot -= (matrix[column * size + k] as number) ** 2;
    const root = pivot > 1e-15 * diagonal ? Math.sqrt(pivot) : 1e100;
    matrix[column * size + column] = root;
    for (let row = column + 1; row < size; row++) {
      let value = matrix[row * size + column] as number;
      for (let k = 0; k < column; k++) {
        value -= (matrix[row * size + k] as number) * (matrix[column * size + k] as number);
      }
      matrix[row * size + column] = value / root;
    }
  }
}
