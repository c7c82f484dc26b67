(function () {
  "use strict";
  function reveal() {
    var target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (var node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") { node.open = true; }
    }
    if (target) { target.scrollIntoView(); }
  }
  addEventListener("hashchange", reveal);
  var opened = [];
  function setOpen(open) { opened.forEach(function (d) { d.open = open; }); }
  addEventListener("beforeprint", function () {
    opened = document.querySelectorAll("details.case:not([open]), details.state:not([open])");
    setOpen(true);
  });
  addEventListener("afterprint", function () { setOpen(false); });
  if (location.hash) { reveal(); }
})();
