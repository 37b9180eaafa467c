// The page: one folder for each section, over one shared stream.
import './style/theme.css';
import './style/page.css';
import './style/controls.css';
import './theme.js';
import './faults/faults.js';
import './install/install.js';
import './dashboard/dashboard.js';
import './auth/auth.js';
import './logs/logs.js';
import './race/race.js';
import './progress/progress.js';
import './wire/wire.js';
import { connect } from './live.js';

connect();
