package words

import "golang.org/x/sys/windows"

func preferred() []string {
	list, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return locale()
	}
	return list
}
