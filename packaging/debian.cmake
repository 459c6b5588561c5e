# What Debian's policy wants of the files that are packed: the licence as "copyright" (12.5), a
# changelog (12.7) and the manual page compressed (12.3).
if(NOT CPACK_PACKAGING_INSTALL_PREFIX STREQUAL "/usr")
    message(FATAL_ERROR "configure with -DCMAKE_INSTALL_PREFIX=/usr: the service names its program by path")
endif()
set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
set(docs ${share}/doc/tlswhy)
if(CPACK_GENERATOR STREQUAL "DEB" AND EXISTS ${docs}/LICENSE)
    file(RENAME ${docs}/LICENSE ${docs}/copyright)
    string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
    file(WRITE ${docs}/changelog
         "tlswhy (${CPACK_PACKAGE_VERSION}) stable; urgency=medium\n\n"
         "  * This version.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
    execute_process(COMMAND gzip -9n ${docs}/changelog ${share}/man/man1/tlswhy.1
                    COMMAND_ERROR_IS_FATAL ANY)
endif()
