import './styles/docs.scss';

// Swagger's own dark colors follow the theme of the product, else that of the system.
const dark = matchMedia('(prefers-color-scheme: dark)');

function follow(): void {
  const { theme } = document.documentElement.dataset;
  document.documentElement.classList.toggle('dark-mode', theme ? theme === 'dark' : dark.matches);
}

follow();
dark.addEventListener('change', follow);
