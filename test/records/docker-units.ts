/** As the docker CLI prints memory: four digits, 1024 a step. Truth: docker/go-units `BytesSize`. */
export const binaryBytes = (bytes: number): string =>
  scaled(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 4);

/** As it prints networks and block devices: three digits, 1000 a step. Truth: docker/go-units `HumanSizeWithPrecision`. */
export const decimalBytes = (bytes: number): string => scaled(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB'], 3);

function scaled(bytes: number, step: number, units: readonly string[], digits: number): string {
  let size = bytes;
  let unit = 0;
  for (; size >= step && unit < units.length - 1; unit += 1) size /= step;
  return `${Number(size.toPrecision(digits))}${units[unit]}`;
}
