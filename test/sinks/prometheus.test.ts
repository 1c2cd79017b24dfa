import { expect } from 'chai';
import { concat, from, NEVER } from 'rxjs';
import { counter, prometheus } from '../../src/sinks/prometheus.ts';
import { listen, stopListening } from '../contracts/listen.ts';

interface Event {
  readonly action: string;
}
const events = counter({
  name: 'container_events_total',
  help: 'Events of containers.',
  labels: ({ action }: Event) => ({ action }),
});

describe('prometheus', () => {
  afterEach(stopListening);

  it('serves what it was given', async () => {
    const sink = prometheus({ metrics: [events], listen: '127.0.0.1:0', self: false });
    const heard = listen(
      sink as never,
      concat(from([{ action: 'start' }, { action: 'die' }, { action: 'start' }]), NEVER),
    );
    const { target } = await heard.first('opened');
    const answer = await fetch(target);
    expect(await answer.text()).to.equal(
      '# HELP container_events_total Events of containers.\n' +
        '# TYPE container_events_total counter\n' +
        'container_events_total{action="start"} 2\n' +
        'container_events_total{action="die"} 1\n',
    );
    heard.stop();
  });
});
