/** One reading as one flat object: what `flattenStats` makes. Bytes, nanoseconds and counts as the engine has them. */
export interface FlatStats {
  /** When it was read: RFC 3339, as the engine wrote it. */
  readonly '@timestamp': string;
  /** The container's name, without a leading slash. */
  readonly container: string;
  readonly container_id: string;
  readonly image: string;
  readonly image_id: string;
  readonly host: string;
  readonly simulated?: true;
  /** `label_com.docker.compose.service`: the labels the source let through, under their own names. */
  readonly [label: `label_${string}`]: string;

  /** By list and op in lower case, summed over devices: one stacked on another counts twice. */
  readonly [blkio: `blkio_${string}`]: number;
  readonly blkio_io_service_bytes_recursive_read?: number;
  readonly blkio_io_service_bytes_recursive_write?: number;
  readonly blkio_io_service_bytes_recursive_sync?: number;
  readonly blkio_io_service_bytes_recursive_async?: number;
  readonly blkio_io_service_bytes_recursive_discard?: number;
  readonly blkio_io_service_bytes_recursive_total?: number;
  readonly blkio_io_serviced_recursive_read?: number;
  readonly blkio_io_serviced_recursive_write?: number;
  readonly blkio_io_serviced_recursive_sync?: number;
  readonly blkio_io_serviced_recursive_async?: number;
  readonly blkio_io_serviced_recursive_discard?: number;
  readonly blkio_io_serviced_recursive_total?: number;

  /** `cpu_percpu_usage0` and so on, cgroup v1. */
  readonly [cpu: `cpu_${string}`]: number;
  /** Nanoseconds; hundreds of nanoseconds on Windows. */
  readonly cpu_total_usage: number;
  readonly cpu_usage_in_kernelmode: number;
  readonly cpu_usage_in_usermode: number;
  readonly cpu_percpu_usage0?: number;
  readonly cpu_percpu_usage1?: number;
  readonly cpu_percpu_usage2?: number;
  readonly cpu_percpu_usage3?: number;
  /** Nanoseconds of all CPUs of the host. */
  readonly cpu_system_usage?: number;
  readonly cpu_online_cpus?: number;
  readonly cpu_throttling_periods: number;
  readonly cpu_throttling_throttled_periods: number;
  readonly cpu_throttling_throttled_time: number;
  /** 100 = one CPU. From `derive`. */
  readonly cpu_percent?: number;

  /** Each key of memory.stat; on cgroup v1 its total over sub-cgroups where there is one. */
  readonly [memory: `memory_${string}`]: number;
  /** The host's memory where the container has no limit of its own. */
  readonly memory_limit?: number;
  readonly memory_usage?: number;
  readonly memory_active_anon?: number;
  readonly memory_active_file?: number;
  readonly memory_cache?: number;
  readonly memory_inactive_anon?: number;
  readonly memory_inactive_file?: number;
  readonly memory_mapped_file?: number;
  readonly memory_pgfault?: number;
  readonly memory_pgmajfault?: number;
  readonly memory_pgpgin?: number;
  readonly memory_pgpgout?: number;
  readonly memory_rss?: number;
  readonly memory_rss_huge?: number;
  readonly memory_swap?: number;
  readonly memory_unevictable?: number;
  readonly memory_writeback?: number;
  /** cgroup v1. */
  readonly memory_max_usage?: number;
  readonly memory_failcnt?: number;
  readonly memory_dirty?: number;
  readonly memory_hierarchical_memory_limit?: number;
  readonly memory_hierarchical_memsw_limit?: number;
  /** cgroup v2, from here on. */
  readonly memory_anon?: number;
  readonly memory_anon_thp?: number;
  readonly memory_file?: number;
  readonly memory_file_dirty?: number;
  readonly memory_file_mapped?: number;
  readonly memory_file_writeback?: number;
  readonly memory_kernel_stack?: number;
  readonly memory_pgactivate?: number;
  readonly memory_pgdeactivate?: number;
  readonly memory_pglazyfree?: number;
  readonly memory_pglazyfreed?: number;
  readonly memory_pgrefill?: number;
  readonly memory_pgscan?: number;
  readonly memory_pgsteal?: number;
  readonly memory_shmem?: number;
  readonly memory_slab?: number;
  readonly memory_slab_reclaimable?: number;
  readonly memory_slab_unreclaimable?: number;
  readonly memory_sock?: number;
  readonly memory_thp_collapse_alloc?: number;
  readonly memory_thp_fault_alloc?: number;
  readonly memory_workingset_activate?: number;
  readonly memory_workingset_nodereclaim?: number;
  readonly memory_workingset_refault?: number;
  /** Windows. */
  readonly memory_commitbytes?: number;
  readonly memory_commitpeakbytes?: number;
  readonly memory_privateworkingset?: number;
  /** Memory in use without the page cache that can be dropped at once. From `derive`. */
  readonly memory_working_set?: number;
  /** Of the limit. From `derive`. */
  readonly memory_percent?: number;

  /** `network_rx_bytes` over all interfaces; `network_eth0_rx_bytes` of one too, where there are several. */
  readonly [network: `network_${string}`]: number;
  readonly network_rx_bytes?: number;
  readonly network_rx_packets?: number;
  readonly network_rx_errors?: number;
  readonly network_rx_dropped?: number;
  readonly network_tx_bytes?: number;
  readonly network_tx_packets?: number;
  readonly network_tx_errors?: number;
  readonly network_tx_dropped?: number;
  /** From `derive`, as the other rates. */
  readonly network_rx_bytes_per_second?: number;
  readonly network_tx_bytes_per_second?: number;
  readonly blkio_read_bytes_per_second?: number;
  readonly blkio_write_bytes_per_second?: number;

  readonly [pids: `pids_${string}`]: number;
  readonly pids_current?: number;
  /** Absent where there is no limit. */
  readonly pids_limit?: number;

  /** Windows: reads and writes, in numbers and bytes. */
  readonly [storage: `storage_${string}`]: number;
}

/** The same while it is being filled. */
export type StatsFields = { -readonly [K in keyof FlatStats]: FlatStats[K] };
