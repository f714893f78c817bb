package static_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/askdesk/askdesk/retrieval/embed/static"
)

func TestItKnowsEnglishQuestions(t *testing.T) {
	for question, want := range map[string]bool{
		"How do I reset my password?":         true,
		"pair bluetooth headphones":           true,
		"What does E_CONN_42 mean?":           true,
		"E_CONN_42":                           true,
		"":                                    true,
		"SSO SAML SCIM":                       true,
		"IMAP SMTP DKIM DMARC":                true,
		"QuickBooks OAuth":                    true,
		"PASSWORT VERGESSEN":                  false,
		"WO IST DAS GELD":                     false,
		"Xero und QuickBooks einrichten":      false,
		"Wie setze ich mein Passwort zurück?": false,
		"Was kostet eine SMS, wenn das Kontingent verbraucht ist?": false,
		"Rechnung herunterladen":                                   false,
		"Comment puis-je annuler ma commande ?":                    false,
		"¿Dónde está mi factura?":                                  false,
		"パスワードを忘れました":                                              false,
		"Как сбросить пароль?":                                     false,
	} {
		require.Equal(t, want, static.New().Knows(question), question)
	}
}
