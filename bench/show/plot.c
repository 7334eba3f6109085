#include <errno.h>
#include <stdio.h>
int plot_run(const char *a,const char*b,const char*c,char*w,size_t n);
int plot_run(const char *a,const char*b,const char*c,char*w,size_t n){(void)a;(void)b;(void)c;snprintf(w,n,"none yet");return -ENOENT;}
