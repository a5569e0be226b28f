'use strict';

Theme.start();
Tables.start();
Charts.start();
Answers.start();
