// A page for people, http://127.0.0.1:9808/live/, and the feed behind it for programs, ws://127.0.0.1:9808/ws. With
// DOCKRX_STATE, a folder, both go on after a restart without missing an event; DOCKRX_TOKEN is what others have to know.
import {
  derive,
  dockerContainers,
  dockerEvents,
  dockerStats,
  from,
  livePage,
  pipeline,
  websocketBroadcast,
} from 'dockrx';

const { DOCKRX_STATE: state, DOCKRX_TOKEN: token } = process.env;
const access = token === undefined ? {} : { token };
const journal = state === undefined ? {} : { journal: { dir: `${state}/live-feed` } };

export default pipeline('live', from(dockerContainers(), dockerStats(), dockerEvents()), derive(), [
  websocketBroadcast({ ...access, ...journal }),
  livePage(access),
]);
