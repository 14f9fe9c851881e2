import '../src/host/trusted-types';
import { serveDedicated } from '../src/node/realm/dedicated';

serveDedicated();
