import '../host/trusted-types';
import './tokens.css';
import './base.css';
import { mount } from 'svelte';
import { registerSW } from 'virtual:pwa-register';
import { connectNode } from '../host/node-client';
import { createVerifyClient } from '../host/verify-client';
import AppView from './App.svelte';
import { App } from './state/app.svelte';
import { Update } from './state/update.svelte';

const app = new App(connectNode(), createVerifyClient());
const update = new Update();
update.start(registerSW, () =>
  app.toasts.add({ text: 'Stored for offline use. The app now opens without a network.' }),
);

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
mount(AppView, { target, props: { app, update } });
