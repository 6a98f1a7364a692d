/** Options of curl, with their replacements here. */
export const instead: Readonly<Record<string, string>> = {
  '-H': "type --header 'NAME: VALUE'",
  '-I': 'type --method HEAD',
  '--head': 'type --method HEAD',
  '-X': 'type --method METHOD',
  '--request': 'type --method METHOD',
  '-L': 'redirects are followed; --follow N sets the maximum',
  '--location': 'redirects are followed; --follow N sets the maximum',
  '-m': 'type --timeout D',
  '--max-time': 'type --timeout D',
  '-k': 'certificates are always verified; --ca FILE trusts your own',
  '--insecure': 'certificates are always verified; --ca FILE trusts your own',
  '--cacert': 'type --ca FILE: a file in the folder of client --check-files',
  '-4': 'type --family 4',
  '-6': 'type --family 6',
  '-u': "type --header 'Authorization: …', or better --header-file FILE",
  '--user': "type --header 'Authorization: …', or better --header-file FILE",
};
