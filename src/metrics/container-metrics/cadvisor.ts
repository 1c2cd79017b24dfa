import { cpu, throttling } from './cadvisor/cpu.ts';
import { disk, written } from './cadvisor/disk.ts';
import { engine } from './cadvisor/engine.ts';
import { memory, memoryPeaks } from './cadvisor/memory.ts';
import { network } from './cadvisor/network.ts';
import { spec } from './cadvisor/spec.ts';
import { state, threads, traces } from './cadvisor/state.ts';
import { containerLabels } from './container-labels.ts';
import type { Vocabulary } from './reading.ts';

/** The names and labels of cAdvisor, for dashboards and alerts made for it. */
export const cadvisor: Vocabulary = {
  stats: [...cpu, ...memory, ...network, ...disk, ...threads],
  containers: [...throttling, ...memoryPeaks, ...written, ...spec, ...state],
  lasting: traces,
  engine,
  labelsOf: ({ cgroup, container: { name, image, labels } }, keepLabel) => ({
    id: cgroup,
    name,
    image,
    ...containerLabels('container_label_', labels, keepLabel),
  }),
  sumLabels: { id: '/' },
};
