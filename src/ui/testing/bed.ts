import { connectNode } from '../../host/node-client';
import { createVerifyClient } from '../../host/verify-client';
import { App } from '../state/app.svelte';
import '../../host/trusted-types';
import '../tokens.css';
import '../base.css';

/** The real node in its real worker, as the window connects to it. */
export const realApp = (): App => new App(connectNode(), createVerifyClient());
