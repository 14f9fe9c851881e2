export { InstalledSkills } from './installed';
export { authorsView, authorView, installation, packageView, readPackage, skillView, type Views } from './views';
