/** What metrics are made of here: 50 numbers of a container, as its stats have them. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly number[];
}

export const METRICS = 50;
export const names: readonly string[] = Array.from(
  { length: METRICS },
  (_, n) => `container_reading_${n}_bytes`,
);

export const labelsOf = (n: number): Readonly<Record<string, string>> => ({
  id: `/docker/${n.toString(16).padStart(64, '0')}`,
  name: `shop-web-${n}`,
  image: 'registry.example.com/team/web:1.2.3',
  container_label_com_docker_compose_project: 'shop',
  container_label_com_docker_compose_service: 'web',
});

/** A sample of each container, of that round: its numbers are of every size. */
export const samplesOf = (
  all: readonly Readonly<Record<string, string>>[],
  round: number,
): readonly Sample[] =>
  all.map((labels, n) => ({
    labels,
    values: names.map(
      (_, metric) => (round + 1) * (n + 7) * 31 ** (metric % 7) * (metric % 5 === 0 ? 0.37 : 1),
    ),
  }));
