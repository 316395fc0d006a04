package window

import (
	"metapi/backend/control/client"
	"metapi/backend/words"
)

// spoken is a notice in the language of the settings.
func spoken(n client.Notice, setting string) client.Notice {
	language := words.Of(setting)
	n.Title, n.Text = words.Say(language, n.Title), words.Say(language, n.Text)
	return n
}
