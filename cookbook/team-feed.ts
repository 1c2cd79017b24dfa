// A live feed of one team's containers, ws://HOST:9808/ws: those with the label team=TEAM, and nothing of the others'. With
// FEED_TOKEN (8 characters or more) other machines may read it who know the token, `?token=…` or a Bearer; without, only
// this one. With FEED_JOURNAL, a folder, a client misses no event over a restart of dockrx.
import { derive, dockerEvents, dockerStats, from, pipeline, websocketBroadcast } from 'dockrx';

const { TEAM = 'shop', FEED_TOKEN: token, FEED_JOURNAL: dir } = process.env;
const label = `team=${TEAM}`;

export default pipeline(
  'team-feed',
  from(
    dockerEvents({ filters: { type: ['container'], label: [label] } }),
    dockerStats({ include: { labels: [label] } }),
  ),
  derive(),
  websocketBroadcast({
    ...(token !== undefined && { listen: '0.0.0.0:9808', token }),
    ...(dir !== undefined && { journal: { dir } }),
  }),
);
